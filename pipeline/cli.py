"""The command `crossdomain`.

Only light modules are imported here, so that help answers at once; commands import their own.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from pipeline.errors import plainly

MODELS = Path("data/models")


class Commands(TyperGroup):
    """Commands whose `UserError` is a message and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for; which class ``ctx`` has is typer's own affair."""
        return plainly(lambda: super(Commands, self).invoke(ctx))


app = typer.Typer(
    cls=Commands,
    help="Translate between domains of pictures and sound, and draw samples, by trained models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Model = Annotated[str, typer.Argument(help="A model's folder, or its name below --models.")]
Root = Annotated[Path, typer.Option("--models", help="Where the finished models are.")]


@app.command()
def models(models: Root = MODELS) -> None:
    """List the finished models and what they can do.

    \b
    Examples:
      crossdomain models
      crossdomain models --models recipes/zoo/data/models
    """
    from pipeline.commands.models import table

    typer.echo(table(models))


@app.command()
def translate(
    model: Model,
    inputs: Annotated[
        list[Path], typer.Argument(help="Files, or folders that are searched to their depths.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder, or a file for a single one.")],
    to: Annotated[
        str | None, typer.Option(help="The domain to reach; by default the model's own target.")
    ] = None,
    style: Annotated[
        Path | None,
        typer.Option(help="A picture of the target's domain to take the style from (spade)."),
    ] = None,
    vocoder: Annotated[
        str | None,
        typer.Option(
            help="What makes the sound: a vocoder's folder, or its name below --models; "
            "by default Griffin-Lim, which needs no training."
        ),
    ] = None,
    pitch: Annotated[
        bool, typer.Option("--pitch", help="Say each sound's mean pitch (F0) before and after.")
    ] = False,
    models: Root = MODELS,
) -> None:
    """Translate pictures or sound from one domain to another.

    Pictures of any size keep it. Sound of any format, rate and length becomes mono at the model's
    rate and keeps its length and loudness.

    \b
    Examples:
      crossdomain translate cyclegan horse.jpg -o zebra.png
      crossdomain translate cyclegan zebras/ -o horses/ --to horse
      crossdomain translate voice_cyclegan interview.mp3 -o interview.wav --pitch
      crossdomain translate spade labels/ -o scenes/ --style evening.jpg
      crossdomain translate voice_cyclegan talks/ -o converted/ --vocoder hifigan
    """
    from pipeline.commands.translate import translate as run
    from pipeline.inference import find_model

    voice = None if vocoder is None else find_model(vocoder, models)
    run(find_model(model, models), inputs, out, to, style=style, vocoder=voice, pitch=pitch)


@app.command()
def sample(
    model: Model,
    n: Annotated[int, typer.Option("-n", min=1, max=4096, help="How many samples.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal samples.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="The picture to write.")] = Path(
        "samples.png"
    ),
    label: Annotated[
        str | None, typer.Option("--class", help="Of this class, for models that know classes.")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(min=1e-6, help="For code_prior: below 1 less varied, above 1 more."),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="For code_prior: draw from so many codes.")
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            min=1e-6, max=1, help="For code_prior: from the fewest that are so probable together."
        ),
    ] = None,
    truncation: Annotated[
        float | None,
        typer.Option(min=0, help="For latents: below 1 nearer to the mean, so less varied."),
    ] = None,
    models: Root = MODELS,
) -> None:
    """Draw new samples and write them as one picture.

    \b
    Examples:
      crossdomain sample vae -n 16 -o samples.png
      crossdomain sample dcgan -n 64 --seed 7 -o digits.png
      crossdomain sample code_prior --class 7 --temperature 0.8 --top-p 0.9
    """
    from pipeline.commands.sample import sample as run
    from pipeline.inference import find_model

    options = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "truncation": truncation,
    }
    run(find_model(model, models), n, seed, out, label, options)


@app.command()
def export(
    model: Model,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file; by default MODEL-to-DOMAIN.onnx, here."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The domain to reach; by default the model's own target.")
    ] = None,
    onnx: Annotated[
        bool,
        typer.Option(
            "--onnx", help="As ONNX, the one format so far: may be left out.", show_default=False
        ),
    ] = True,
    models: Root = MODELS,
) -> None:
    """Write one direction of a translator as an ONNX file, for programs without torch.

    Batch, height and width stay free; what the network takes and gives stands in the file's
    metadata. The file is written only if onnxruntime gives what torch gives. Needs the extra
    'onnx': pip install '.[onnx]' in the project's folder.

    \b
    Examples:
      crossdomain export cyclegan --onnx
      crossdomain export cyclegan -o horse.onnx --to horse
    """
    from pipeline.commands.export import export as run
    from pipeline.inference import find_model

    typer.echo(run(find_model(model, models), out, to))


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="A data set's name; see --list.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The new folder; by default data/raw/NAME.")
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="Say which data sets there are.")] = False,
) -> None:
    """Download a published data set, verify it and unpack it.

    A download that was interrupted goes on where it was. Cityscapes needs an account, so it
    can't be fetched; --list says how to go about it.

    \b
    Examples:
      crossdomain fetch --list
      crossdomain fetch horse2zebra
      crossdomain fetch facades --out recipes/mine/data/raw/facades
    """
    from pipeline.commands import fetch as fetching

    typer.echo(fetching.names() if names else fetching.run(name, out))


@app.command("import")
def import_model(
    origin: Annotated[
        str, typer.Argument(help="Whose checkpoint it is: junyanz, hifigan or taming.")
    ],
    checkpoint: Annotated[
        Path,
        typer.Argument(help="A generator's weights: latest_net_G*.pth, generator_v1."),
    ],
    name: Annotated[str, typer.Option(help="What to call the finished model.")],
    back: Annotated[
        Path | None, typer.Option(help="The generator of the way back, as CycleGAN trains one.")
    ] = None,
    source: Annotated[str, typer.Option(help="The domain that it starts from.")] = "source",
    target: Annotated[str, typer.Option(help="The domain that it leads to.")] = "target",
    size: Annotated[
        int | None,
        typer.Option(min=1, help="Side of its training pictures; by default 256, or a U-Net's."),
    ] = None,
    dropout: Annotated[
        bool, typer.Option("--dropout/--no-dropout", help="Whether a U-Net trained with dropout.")
    ] = True,
    train: Annotated[
        bool | None,
        typer.Option(
            "--train/--eval",
            help="Translate with dropout and batch statistics on, or off; by default on for batch "
            "norm, as its own test script does.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="A vocoder's or VQGAN's configuration; by default config.json or the only yaml "
            "beside its weights."
        ),
    ] = None,
    models: Root = MODELS,
) -> None:
    """Make a finished model of a published checkpoint.

    Of pytorch-CycleGAN-and-pix2pix (junyanz), whose network is told from the weights: a ResNet or
    a U-Net of any size. Of HiFi-GAN (jik876/hifi-gan and its like), whose network and mel
    convention stand in the file beside the weights. Of VQGAN (CompVis/taming-transformers), whose
    network stands in a yaml. No code in a file is run.

    \b
    Examples:
      crossdomain import junyanz latest_net_G.pth --name facades --source labels --target facade
      crossdomain import junyanz latest_net_G_A.pth --back latest_net_G_B.pth --name horses \\
        --source horse --target zebra
      crossdomain import hifigan generator_v1 --config config.json --name universal
      crossdomain import taming last.ckpt --config model.yaml --name vqgan
    """
    from pipeline.commands.importing import Wishes, run

    wishes = Wishes(source, target, size, dropout, train, config)
    typer.echo(run(origin, checkpoint, back, name, models, wishes))


@app.command("check-data")
def check_data(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the data.")],
    layout: Annotated[
        str,
        typer.Option(
            help="What to expect: auto, ab (trainA, trainB), halves (A|B in each picture), "
            "folders (one a domain or speaker) or flat."
        ),
    ] = "auto",
) -> None:
    """Say what a folder holds and which of its files are bad, before anything is trained.

    Reads every picture and recording. Ends with the block of params.yaml that reads the folder,
    and with exit code 1 where nothing is usable or a file is bad.

    \b
    Examples:
      crossdomain check-data data/raw/horse2zebra
      crossdomain check-data recordings/ --layout folders
    """
    from pipeline.commands.check_data import run

    run(folder, layout)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The recipe's name: recipes/NAME is made.")],
    a: Annotated[Path, typer.Option("--a", help="Pictures or recordings to start from.")],
    b: Annotated[
        Path | None,
        typer.Option("--b", help="Those to arrive at; without it --a is the target of --task."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Side of the pictures; by default what they allow.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps; a judge's change in proportion.")
    ] = None,
    task: Annotated[
        Literal["colour", "edges"],
        typer.Option(help="With --a alone: colour grey pictures, or paint from outlines."),
    ] = "colour",
    estimate: Annotated[
        bool, typer.Option("--estimate/--no-estimate", help="Measure time and memory of training.")
    ] = True,
) -> None:
    """Write a recipe for folders of your own: what to train, at what size, for how long.

    Pictures with equal names in both folders are taken for pairs (pix2pix), others and voices for
    two domains (CycleGAN). Folders with train and test in them keep that division.

    \b
    Examples:
      crossdomain new facades --a labels/ --b photos/
      crossdomain new colours --a holiday/ --task colour
      crossdomain new voices --a anna/ --b ben/ --steps 2000
    """
    from pipeline.commands.new import run

    roots = [a] if b is None else [a, b]
    run(name, roots, size=size, steps=steps, task=task, estimate=estimate)


@app.command()
def sweep(
    model: Annotated[str, typer.Argument(help="A model of params.yaml.")],
    parameter: Annotated[str, typer.Argument(help="What the experiments vary, below its block.")],
    metric: Annotated[str, typer.Argument(help="TASK.METRIC in data/metrics/MODEL.json.")],
    out: Annotated[
        Path, typer.Option(help="Where to draw, without an ending: .png and .tsv are added.")
    ] = Path("data/sweep"),
) -> None:
    """Draw a metric over a parameter that DVC experiments vary.

    \b
    Examples:
      dvc exp run --queue -S 'models.vae.latent=2,5,16,64' evaluate@vae
      dvc queue start
      crossdomain sweep vae latent reconstruction.mse --out data/vae_latent
    """
    from pipeline.commands.sweep import run

    typer.echo(run(model, parameter, metric, out))


@app.command()
def doctor() -> None:
    """Say what this machine offers and what training will use of it.

    \b
    Examples:
      crossdomain doctor
    """
    from pipeline.commands.doctor import report

    typer.echo(report(Path()))


@app.command()
def demo(
    models: Root = MODELS,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    share: Annotated[
        bool, typer.Option("--share/--no-share", help="Also lend it a public address for a while.")
    ] = False,
    user: Annotated[
        str | None, typer.Option(help="Let in only who knows this name and the password.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSDOMAIN_PASSWORD",
            show_envvar=False,
            help="The password; other users of this machine can't read it if it is given as the "
            "environment's CROSSDOMAIN_PASSWORD.",
        ),
    ] = None,
) -> None:
    """Open the models in a browser.

    There is a tab for each thing that the finished models can do: convert a voice, change a
    picture's style, draw samples, compare.

    \b
    Examples:
      crossdomain demo
      crossdomain demo --models recipes/zoo/data/models --port 8000
      CROSSDOMAIN_PASSWORD=secret crossdomain demo --host 0.0.0.0 --user guest
    """
    from demo.app import serve

    serve(models, host=host, port=port, share=share, user=user, password=password)


def main() -> None:
    """The entry point of the command."""
    app(prog_name="crossdomain")


if __name__ == "__main__":
    main()
