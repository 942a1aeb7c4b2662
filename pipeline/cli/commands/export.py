"""`crossdomain export`: a model for other runtimes."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.inference.directions import choose_target
from pipeline.inference.finished import load
from pipeline.interop.onnx import export_onnx, require_packages
from pipeline.system.files import check_file, check_folder


def export(folder: Path, out: Path | None, to: str | None) -> str:
    """Write one direction of the model in ``folder`` as ONNX; return what was done.

    Raises UserError where `export_onnx` does, or where ``out`` does not name an ONNX file.
    """
    require_packages()  # before the model is loaded, which takes a while
    if out is not None:
        if out.suffix.lower() != ".onnx" or out.is_dir():
            raise UserError(f"can't write {out}: expected the name of a file that ends in .onnx")
        check_folder(out.parent)
        check_file(out)
    finished = load(folder)
    to = choose_target(finished, to)
    out = out or Path(f"{finished.name}-to-{to}.onnx")
    difference = export_onnx(finished, out, to)
    size = out.stat().st_size / 1e6
    return (
        f"{out}: {finished.name} to {to}, {size:.1f} MB; onnxruntime and torch differ by at most "
        f"{difference:.1g}"
    )
