"""A zip file that grows a thousand times, in a notebook's place."""

# state: not gradable
import io
import zipfile

from tests import redteam


def hand_in(folder, notebook):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../evil.ipynb", bytes(50_000_000))
    (folder / f"{redteam.LAB}.ipynb").write_bytes(packed.getvalue())
