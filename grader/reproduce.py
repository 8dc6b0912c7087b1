"""`make reproduce`: measure every figure that the course quotes, with the labs' own code, and write it down.

A lab's source may define `measure(seed)`, a generator of dicts {'run', 'metric', 'value', 'epochs', 'seconds', 'data'}
and, for a training run, 'history' and 'model'. Here it runs with several seeds. The means become rows of
`data/reference_runs/results.json`, beside what `data/published.json` has; the first seed's histories and models become
reference runs; README's table is made from the rows.
"""

import importlib.metadata
import json
import os
import platform
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from grader import checksums, source, stand_ins
from helpers import session

SEEDS = (0, 1, 2)
RUNS = source.ROOT / "data" / "reference_runs"
RESULTS = RUNS / "results.json"
README = source.ROOT / "README.md"
BEGIN, END = "<!-- results: written by make reproduce -->", "<!-- end of results -->"


def measured() -> dict[str, Callable]:
    """What measures the figures of each lab that quotes some, and those of the stand-ins: name to `measure(seed)`."""
    functions = {lab: source.definitions(lab).get("measure") for lab in source.labs()}
    return {"stand_ins": stand_ins.measure} | {lab: function for lab, function in functions.items() if function}


def measure(lab: str, function: Callable) -> list[dict]:
    """The rows of one lab, means over the seeds; writes the histories of the first seed."""
    import keras

    found: dict[tuple[str, str], list[dict]] = {}
    for seed in SEEDS:
        keras.config.set_dtype_policy("float32")  # a lab may choose another, for itself
        for figure in function(seed):
            history = figure.pop("history", None)
            if history and seed == SEEDS[0]:
                write_history(lab, figure["run"], history)
            model = figure.pop("model", None)
            if model and seed == SEEDS[0]:
                save(model, RUNS / lab / f"{figure['run']}.keras")
            if "value" not in figure:  # a reference run that nobody quotes
                continue
            found.setdefault((figure["run"], figure["metric"]), []).append(figure)
            print(f"{lab}  seed {seed}  {figure['run']}  {figure['metric']} {figure['value']:.4f}", flush=True)
    return [row(lab, figures) for figures in found.values()]


def save(model, path: Path) -> None:
    """Store a trained network for `helpers.training.reference_model`, in a third of the usual room.

    Without the optimizer's state, computing in float32 on every machine, and with weights rounded to the 16 bits of
    bfloat16, whose other 16 bits the archive then packs away.
    """
    import keras
    from ml_dtypes import bfloat16

    def in_float32(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"})

    copy = keras.models.clone_model(model, clone_function=in_float32)
    copy.set_weights([weight.astype(bfloat16).astype("float32") for weight in model.get_weights()])
    copy.compile("sgd", model.loss, metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as folder:
        copy.save(Path(folder) / path.name)
        with (
            zipfile.ZipFile(Path(folder) / path.name) as loose,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for name in loose.namelist():
                packed.writestr(name, loose.read(name))


def row(lab: str, figures: list[dict]) -> dict:
    """One row of results.json from the figures of several seeds; `std` is over the seeds, None where there is one."""
    from helpers import training

    first, values = figures[0], [figure["value"] for figure in figures]
    return {
        "lab": lab,
        "run": first["run"],
        "metric": first["metric"],
        "mean": round(statistics.mean(values), 4),
        "std": round(statistics.stdev(values), 4) if len(values) > 1 else None,
        "seeds": len(values),
        "epochs": first["epochs"],
        "seconds": round(statistics.mean(figure["seconds"] for figure in figures), 2),
        "published": training.published(lab, first["metric"]).get(first["run"]),
        "data": first["data"],
        "device": device(),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy", "scikit-learn")},
    }


def device() -> str:
    """What the figures were measured on, in words."""
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in tf.config.list_physical_devices("GPU")
    ]
    return ", ".join(gpus) or f"{os.cpu_count()} CPU cores"


def write_history(lab: str, run: str, history: dict) -> None:
    """Store a run's curves for `helpers.training.reference_run`."""
    (RUNS / lab).mkdir(parents=True, exist_ok=True)
    (RUNS / lab / f"{run}.json").write_text(json.dumps(history) + "\n")


def table(rows: list[dict]) -> str:
    """README's results as a Markdown table."""
    lines = ["| lab | run | figure | measured | published |", "| --- | --- | --- | --- | --- |"]
    for one in rows:
        number = one["lab"].partition("_")[0]
        digits = 4 if 0.99 < one["mean"] < 1 else 3 if one["mean"] <= 1 else 1  # near 1 the mistakes count
        spread = "" if one["std"] is None else f" ± {one['std']:.{digits}f}"
        cells = [
            number if number.isdigit() else "stand-ins",
            one["run"].replace("_", " "),
            one["metric"].replace("_", " "),
            f"{one['mean']:.{digits}f}{spread}",
            "" if one["published"] is None else f"{one['published']:.4g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_readme(rows: list[dict]) -> None:
    """Put the table between its marks."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{table(rows)}\n\n{END}{after}", encoding="utf-8")


def merged(before: list[dict], found: list[dict]) -> list[dict]:
    """The rows found, and those of before whose runs were not measured: a machine without a GPU leaves some out."""
    again = {(one["lab"], one["run"]) for one in found}
    kept = [one for one in before if (one["lab"], one["run"]) not in again]
    return sorted(kept + found, key=lambda one: one["lab"])


def main() -> None:
    session.load_tensorflow()
    functions = measured()
    lab = os.environ.get("LAB")
    if lab and lab not in functions:
        sys.exit(f"Nothing is measured in '{lab}', only in: {', '.join(functions)}.")
    wanted = [lab] if lab else list(functions)
    found = [one for lab in wanted for one in measure(lab, functions[lab])]
    before = json.loads(RESULTS.read_bytes()) if RESULTS.exists() else []
    rows = merged(before, found)
    for run in dict.fromkeys((one["lab"], one["run"]) for one in rows if one in before and one["lab"] in wanted):
        print("kept, not measured here:", *run)
    RESULTS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_readme(rows)
    checksums.write()


if __name__ == "__main__":
    main()
