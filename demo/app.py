"""The demo's page: which tabs there are, and how it is served."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from demo import images, sampling, voice
from demo.library import Library
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.commands.models import HEADER, line
from pipeline.inference import find_models

TITLE = """# Crossdomain
Pictures and sound from one domain to another, and new ones of a domain."""

EMPTY = """## Nothing to show yet
There are no finished models in `{folder}` that the demo can use.

Train those of `params.yaml`, which takes some minutes and needs no download, and start again:

```
make repro
crossdomain demo
```
"""

STYLE = """
.gradio-container { width: 100% !important; max-width: 1120px !important; margin: auto !important; }
.picture img { width: 100%; height: 100%; object-fit: contain; }
.table table { width: 100%; font-size: 0.9em; }
.table :is(table, th, td) { border-color: var(--border-color-primary) !important; }
"""
FONT = ("system-ui", "sans-serif")

QUEUE = 16  # visitors who may wait
UPLOAD = "50mb"


def build(folder: Path) -> gr.Blocks:
    """The page of the finished models below ``folder``."""
    library = Library(folder)
    tabs: list[tuple[str, bool, Callable[[Library], None]]] = [
        ("Voice", bool(library.ways(MelCodec)), voice.build),
        ("Style", bool(library.ways(ImageCodec)), images.build),
        ("Sampling", bool(library.samplers()), sampling.build),
    ]
    offered = [(name, contents) for name, possible, contents in tabs if possible]
    page: gr.Blocks = gr.Blocks(title="Crossdomain", analytics_enabled=False)
    with page:
        gr.Markdown(TITLE)
        if not offered:
            gr.Markdown(EMPTY.format(folder=folder))
        for name, contents in offered:
            with gr.Tab(name):
                contents(library)
        if find_models(folder):
            with gr.Accordion("Models", open=False):
                gr.Markdown(models_table(folder), elem_classes="table")
    page.queue(max_size=QUEUE, default_concurrency_limit=1)
    return page


def models_table(folder: Path) -> str:
    """What `crossdomain models` lists, as Markdown."""
    rows = [HEADER, ("---",) * len(HEADER), *(line(path) for path in find_models(folder))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def serve(folder: Path, *, host: str, port: int, share: bool) -> None:
    """Serves the page until it is stopped."""
    build(folder).launch(
        server_name=host,
        server_port=port,
        share=share,
        max_file_size=UPLOAD,
        ssr_mode=False,
        footer_links=["api"],
        theme=gr.themes.Soft(primary_hue="teal", neutral_hue="slate", font=FONT),
        css=STYLE,
    )
