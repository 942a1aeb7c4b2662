"""The demo's page: which tabs there are, and how it is served."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware

from demo import cards, compare, images, live, sampling, voice
from demo.guard import WAIT, Guard, is_local, names_of
from demo.library import Library
from demo.uploads import MOST_BYTES, Page
from demo.words import Turns
from pipeline.codecs import ImageCodec, SoundCodec
from pipeline.errors import UserError

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

OPEN = (
    "Warning: whoever reaches this address can use the demo and the machine's time. "
    "--user and --password ask for a password."
)

FONT, MONO = ("system-ui", "sans-serif"), ("ui-monospace", "monospace")
WAITING = 16  # requests in the queue
THREADS = 8  # that run them; each keeps buffers of its own
SESSIONS = 32  # visitors whose controls are remembered, 0.25 MB each; others meet them as built
SWEEP, KEEP = 60, 1800  # seconds between two looks for old files, and that a visitor's file is kept


def build(folder: Path, sweep: int = SWEEP, keep: int = KEEP) -> gr.Blocks:
    """Return the page of the finished models below ``folder``.

    Every ``sweep`` seconds files that are older than ``keep`` seconds are removed.
    """
    library, turns = Library(folder), Turns()
    tabs: list[tuple[str, bool, Callable[[Library, Turns], None]]] = [
        ("Voice", bool(library.ways(SoundCodec)), build_voice),
        ("Style", bool(library.ways(ImageCodec)), images.build),
        ("Sampling", bool(library.samplers() or library.explorable()), sampling.build),
        ("Compare", compare.possible(library), compare.build),
    ]
    offered = [(name, contents) for name, possible, contents in tabs if possible]
    page = Page(title="Crossdomain", analytics_enabled=False, delete_cache=(sweep, keep))
    with page:
        gr.Markdown(TITLE, elem_classes="title")
        if not offered:
            gr.Markdown(EMPTY.format(folder=folder))
        if library.outlines or library.unusable:
            with gr.Tabs():
                for name, contents in offered:
                    with gr.Tab(name):
                        contents(library, turns)
                with gr.Tab("Models") as tab:
                    add_cards(library, tab, shown=not offered)
    page.queue(max_size=WAITING, default_concurrency_limit=1)
    return page


def build_voice(library: Library, turns: Turns) -> None:
    """Add the tabs that convert a recording, and a voice while one speaks."""
    with gr.Tabs():
        with gr.Tab("Recording"):
            voice.build(library, turns)
        # Rendered at once, for Gradio's recorder fails where it is used before it is loaded.
        with gr.Tab("Live", render_children=True):
            live.build(library)


def add_cards(library: Library, tab: gr.Tab, shown: bool) -> None:
    """Add the model cards, for people and for programs.

    ``shown``: whether the page opens with them; otherwise they are read when their turn comes.
    """
    listed = gr.HTML(cards.to_html(library) if shown else "")

    def read() -> str:
        return cards.to_html(library)

    def models() -> list[dict[str, Any]]:
        """Return what each model is, what it was made from, and how well it does."""
        return cards.to_json(library)

    tab.select(read, None, listed, queue=False, api_visibility="private")
    api(models, api_name="models")


def looks() -> dict[str, Any]:
    """Return what the page looks like; nothing is loaded from elsewhere for it."""
    return {
        "theme": theme(),
        "css": files("demo").joinpath("style.css").read_text(encoding="utf-8"),
    }


def theme() -> gr.themes.Base:
    """Return Soft, made darker: text and buttons have a contrast of 4.5 and more (WCAG AA)."""
    soft = gr.themes.Soft(primary_hue="teal", neutral_hue="slate", font=FONT, font_mono=MONO)
    return soft.set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_title_padding="0",
        block_label_background_fill="*neutral_100",
        block_label_background_fill_dark="*neutral_700",
        block_label_text_color="*neutral_800",
        block_label_text_color_dark="*neutral_100",
        block_border_width="1px",
        block_shadow="none",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_600",
        button_large_text_weight="600",
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
        color_accent="*primary_700",
        slider_color="*primary_700",
        slider_color_dark="*primary_500",
    )


@contextmanager
def running(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    allow_hosts: Iterable[str] = (),
    login: tuple[str, str] | None = None,
    sweep: int = SWEEP,
    keep: int = KEEP,
    **launch: Any,
) -> Iterator[gr.Blocks]:
    """Serve the page of the models below ``folder`` while the block runs.

    ``host``: what it listens on. ``allow_hosts``: the names that it answers to beside that.
    ``login``: the name and password that visitors must know. ``sweep``, ``keep``: see `build`.
    ``launch``: see gradio's ``Blocks.launch``. What visitors hand in and get lies in a folder that
    ends with this. Raises UserError where one of ``allow_hosts`` is no name.
    """
    names = names_of(host, allow_hosts)
    with TemporaryDirectory(prefix="crossdomain-demo-") as files_of_visitors:
        before = os.environ.get("GRADIO_TEMP_DIR")
        os.environ["GRADIO_TEMP_DIR"] = files_of_visitors
        try:
            page = build(folder, sweep, keep)
            page.launch(
                prevent_thread_lock=True,
                quiet=True,
                max_file_size=MOST_BYTES,
                max_threads=THREADS,
                ssr_mode=False,
                footer_links=["api"],
                auth=login,
                auth_message=WAIT,
                server_name=host,
                state_session_capacity=SESSIONS,
                app_kwargs={"middleware": [Middleware(Guard, names=names)]},
                **looks(),
                **launch,
            )
            public = vars(page)["share_url"]
            if public is not None:
                names.add(str(urlsplit(public).hostname))
                page.share = False  # else the page loads its scripts from Gradio's own server
            try:
                yield page
            finally:
                page.close(verbose=False)
        finally:
            if before is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = before


def serve(
    folder: Path,
    *,
    host: str,
    port: int,
    share: bool,
    allow_hosts: Iterable[str] = (),
    user: str | None = None,
    password: str | None = None,
) -> None:
    """Serve the page until it is stopped.

    Raises UserError where the port is taken, where only one of user and password is given, or where
    one of ``allow_hosts`` is no name.
    """
    if (user is None) != (password is None):
        raise UserError("--user and --password belong together: give both or none")
    login = None if user is None or password is None else (user, password)
    if login is None and (share or not is_local(host)):
        print(OPEN, file=sys.stderr, flush=True)
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # in the server's threads too
    try:
        with running(
            folder,
            host=host,
            allow_hosts=allow_hosts,
            login=login,
            server_port=port,
            share=share,
        ) as page:
            gc.collect()
            gc.freeze()  # what lives as long as the demo need not be looked through for garbage
            public = f" and {page.share_url}" if share else ""
            print(f"The demo is at {page.local_url}{public} until Ctrl-C ends it.", flush=True)
            signal.sigwait(stops)
    except OSError as error:
        raise UserError(f"can't serve at {host}, port {port}: {error}") from error
