"""One progress bar, on request."""

import warnings
from contextlib import contextmanager


@contextmanager
def progress_bar(description, total, enabled):
    """Yield a function that moves the bar one step on.

    Drawn by rich or, failing that, by tqdm; with neither installed a warning says
    so and nothing is drawn.
    """
    if not enabled:
        yield lambda: None
        return
    try:
        from rich.progress import Progress
    except ImportError:
        pass
    else:
        with Progress() as progress:
            task = progress.add_task(description, total=total)
            yield lambda: progress.advance(task)
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        warnings.warn(
            "A progress bar needs the package rich or tqdm; neither is installed.",
            UserWarning,
            stacklevel=4,
        )
        yield lambda: None
        return
    with tqdm(total=total, desc=description) as progress:
        yield progress.update
