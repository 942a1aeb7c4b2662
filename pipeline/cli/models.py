"""Commands about finished models: use them, take them elsewhere, make them of published ones."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import MODELS, Model, Root, VocoderName, app, find_vocoder, with_options
from pipeline.options import SAMPLING_OPTIONS, VOICE_OPTIONS


@app.command()
def models(models: Root = MODELS) -> None:
    """List the finished models and what they can do.

    \b
    Examples:
      crossdomain models
      crossdomain models --models recipes/zoo/data/models
    """
    from pipeline.cli.commands.models import table

    typer.echo(table(models))


@app.command()
@with_options(VOICE_OPTIONS)
def translate(
    model: Model,
    inputs: Annotated[
        list[Path], typer.Argument(help="Files, or folders that are searched to their depths.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder, or a file for a single one.")],
    to: Annotated[
        str | None, typer.Option(help="The domain to reach; by default the model's own target.")
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="The domain of the files, where several lead to --to; or, for a speaker whom the "
            "model does not know (adain_vc), a file or folder of recordings of theirs.",
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            help="In place of --to: a file or folder of recordings of a speaker whom the model "
            "does not know (adain_vc), 5 seconds at least, better a minute. Without --from, who "
            "speaks is known from the files themselves."
        ),
    ] = None,
    style: Annotated[
        Path | None,
        typer.Option(help="A picture of the target's domain to take the style from (spade)."),
    ] = None,
    vocoder: VocoderName = None,
    rate: Annotated[
        int | None,
        typer.Option(
            min=1000,
            max=2**20,
            help="Samples a second of the sound that is written; by default the source's own, or "
            "the next that the format can have.",
        ),
    ] = None,
    show_pitch: Annotated[
        bool,
        typer.Option("--show-pitch", help="Say each sound's mean pitch (F0) before and after."),
    ] = False,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Translate pictures or sound from one domain to another.

    Pictures of any size keep it. Sound of any format, rate and length becomes mono, and keeps its
    rate, length and loudness; the ending of its name says as what it is written: wav, flac (16 bits
    both), ogg or mp3. Of a folder all files are translated, and keep their names. Files of hours
    take no more memory than those of seconds.

    \b
    Examples:
      crossdomain translate cyclegan horse.jpg -o zebra.png
      crossdomain translate cyclegan zebras/ -o horses/ --to horse
      crossdomain translate voice_inca interview.mp3 -o interview.wav --show-pitch
      crossdomain translate voice_inca speech.flac -o speech.mp3 --pitch 3 --formants -2
      crossdomain translate adain speech.wav -o converted.wav --from anna --to ben
      crossdomain translate adain speech.wav -o converted.wav --like recordings/carla
      crossdomain translate spade labels/ -o scenes/ --style evening.jpg
      crossdomain translate voice_inca talks/ -o converted/ --rate 48000
    """
    from pipeline.cli.commands.translate import translate as run
    from pipeline.inference.finished import find_model

    voice, found = find_vocoder(vocoder, models), find_model(model, models)
    run(
        *(found, inputs, out, to),
        of=of,
        like=like,
        style=style,
        vocoder=voice,
        shift=options,
        rate=rate,
        show_pitch=show_pitch,
    )


@app.command()
@with_options(SAMPLING_OPTIONS)
def sample(
    model: Model,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            min=1,
            max=4096,
            help="How many samples; by default 16, and 1 in a file of sound.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Equal seeds give equal samples.")
    ] = 0,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The picture or sound to write, or a folder for a file a sample."
        ),
    ] = Path("samples.png"),
    label: Annotated[
        str | None, typer.Option("--class", help="Of this class, for models that know classes.")
    ] = None,
    vocoder: VocoderName = None,
    models: Root = MODELS,
    **options: float,
) -> None:
    """Draw new samples: as one picture, as sound, or each as a file of its own.

    \b
    Examples:
      crossdomain sample vae -n 16 -o samples.png
      crossdomain sample dcgan -n 64 --seed 7 -o digits/
      crossdomain sample code_prior --class 7 --temperature 0.8 --top-p 0.9
      crossdomain sample voice_vae -n 4 -o sounds.wav
    """
    from pipeline.cli.commands.sample import sample as run
    from pipeline.inference.finished import find_model

    voice = find_vocoder(vocoder, models)
    typer.echo(run(find_model(model, models), n, seed, out, label, options, voice))


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
    from pipeline.cli.commands.export import export as run
    from pipeline.inference.finished import find_model

    typer.echo(run(find_model(model, models), out, to))


@app.command("import")
def import_model(
    origin: Annotated[
        str,
        typer.Argument(
            help="Whose checkpoint it is: junyanz, hifigan, bigvgan, vocos, taming, spade, "
            "mask_cyclegan_vc, stylegan2-ada or biggan."
        ),
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
        typer.Option(
            min=1, max=2**16, help="Side of its training pictures; by default 256, or a U-Net's."
        ),
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
    labels: Annotated[
        str | None,
        typer.Option(
            help="What label maps hold: ade20k, cityscapes, coco, facades, or a count, as in 20, "
            "20+unknown, 20+instances or 20+unknown+instances."
        ),
    ] = None,
    upsampling: Annotated[
        str | None,
        typer.Option(
            help="num_upsampling_layers of a generator from label maps: normal or more; by default "
            "more for cityscapes and normal for others."
        ),
    ] = None,
    stats: Annotated[
        list[Path] | None,
        typer.Option(
            help="Mean and std of a voice's frames, SPEAKER_norm_stat.npz: that of the source, "
            "then that of the target.",
        ),
    ] = None,
    models: Root = MODELS,
) -> None:
    """Make a finished model of a published checkpoint.

    Of pytorch-CycleGAN-and-pix2pix and CUT (junyanz), whose network is told from the weights: a
    ResNet or a U-Net of any size. Of HiFi-GAN (jik876/hifi-gan and its like), BigVGAN
    (NVIDIA/BigVGAN) and Vocos (gemelo-ai/vocos), whose network and mel convention stand in the
    file beside the weights. Of VQGAN (CompVis/taming-transformers and latent-diffusion: taming),
    whose network stands in a yaml. Of SPADE (NVlabs/SPADE), where --labels says what label maps
    hold. Of MaskCycleGAN-VC (GANtastic3/MaskCycleGAN-VC), with the statistics of both voices. No
    code in a file is run.

    \b
    Examples:
      crossdomain import junyanz latest_net_G.pth --name facades --source labels --target facade
      crossdomain import junyanz latest_net_G_A.pth --back latest_net_G_B.pth --name horses \\
        --source horse --target zebra
      crossdomain import hifigan generator_v1 --config config.json --name universal
      crossdomain import bigvgan bigvgan_generator.pt --name bigvgan
      crossdomain import vocos pytorch_model.bin --config config.yaml --name vocos
      crossdomain import taming last.ckpt --config model.yaml --name vqgan
      crossdomain import stylegan2-ada network.pt --name faces
      crossdomain import biggan G_ema.pth --name imagenet
      crossdomain import spade latest_net_G.pth --labels coco --name scenes
      crossdomain import mask_cyclegan_vc 00500_generator_A2B.pth.tar --name voices \\
        --back 00500_generator_B2A.pth.tar --source VCC2SF3 --target VCC2TF1 \\
        --stats VCC2SF3_norm_stat.npz --stats VCC2TF1_norm_stat.npz
    """
    from pipeline.cli.commands.importing import run
    from pipeline.cli.commands.importing_wishes import Wishes

    wishes = Wishes(
        back=back,
        source=source,
        target=target,
        size=size,
        dropout=dropout,
        train=train,
        config=config,
        stats=tuple(stats or ()),
        labels=labels,
        upsampling=upsampling,
    )
    typer.echo(run(origin, checkpoint, name, models, wishes))
