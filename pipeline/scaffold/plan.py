"""The plan for a user's folders: method, size, networks' scale and steps, each with why."""

from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.capabilities import task_of
from pipeline.conventions import WORLD_22K
from pipeline.datasets.layouts import Split
from pipeline.datasets.survey.sizes import halvings
from pipeline.datasets.views import View
from pipeline.errors import UserError
from pipeline.scaffold.material import Material
from pipeline.scaffold.scale import chunk, enough, picture_size, trained, voice_chunks

Task = Literal["colour", "edges"]
Template = Literal["pairs", "unpaired", "voices"]


@dataclass(frozen=True)
class Pace:
    """Length of training: so many rounds through the data, within bounds."""

    batch: int
    rounds: int
    least: int
    most: int

    def steps(self, items: int) -> int:
        """Choose steps for a data set, in hundreds."""
        wanted = min(max(self.rounds * items // self.batch, self.least), self.most)
        return round(wanted / 100) * 100


PACES: dict[tuple[Template, bool], Pace] = {
    ("pairs", True): Pace(batch=1, rounds=200, least=20_000, most=300_000),
    ("unpaired", True): Pace(batch=1, rounds=200, least=40_000, most=300_000),
    ("voices", True): Pace(batch=8, rounds=30, least=1000, most=10_000),
    ("pairs", False): Pace(batch=4, rounds=40, least=1000, most=4000),
    ("unpaired", False): Pace(batch=2, rounds=20, least=1300, most=5000),
    ("voices", False): Pace(batch=8, rounds=30, least=1000, most=3000),
}
"""By template and whether there is a GPU: 200 rounds as in the papers, or what the default models
need to show what they can."""

CLASSIFIER_BATCH: dict[Template, int] = {"pairs": 0, "unpaired": 32, "voices": 16}
CLASSIFIER_STEPS = {True: 2000, False: 300}


@dataclass(frozen=True)
class Recipe:
    """Everything that the files of a recipe say."""

    name: str
    template: Template
    gpu: bool
    source: str
    target: str
    folders: dict[Split, dict[str, str]]
    """Split -> domain -> folder, as params.yaml names them."""
    batch: int
    classifier_batch: int
    steps: int
    classifier_steps: int
    size: int = 0
    """Side of pictures; 0 for sound."""
    crop: int = 0
    """Frames of a chunk; 0 for pictures."""
    view: View | Literal[""] = ""
    """The domain that is made of the target's pictures."""
    reasons: list[str] = field(default_factory=list)
    """A line for each choice."""

    @property
    def needs_classifier(self) -> bool:
        """True: a classifier is needed; pairs are compared with the truth instead."""
        return self.template != "pairs"

    @property
    def depth(self) -> int:
        """Of a U-Net."""
        return halvings(self.size)

    @property
    def resized(self) -> int:
        """The side to crop from: the papers' 286 for 256."""
        return round(self.size * 286 / 256)

    @property
    def layers(self) -> int:
        """Of the discriminator: it must not see more than there is."""
        return 3 if self.gpu and min(self.size or self.crop, 80) >= 32 else 2

    @property
    def levels(self) -> int:
        """Of the classifier: 6 see the whole of 256 pixels."""
        return 6 if self.size >= 256 else 4

    @property
    def log_every(self) -> int:
        """Twenty points of a curve at least, where there are as many steps."""
        return max(1, min(self.steps // 20, 200 if self.gpu else 50))

    @property
    def checkpoint_every(self) -> int:
        """Often enough that a killed run loses minutes."""
        return max(1, min(self.steps // 4, 2000 if self.gpu else 500))

    @property
    def figure(self) -> str:
        """The picture that `dvc plots` shows."""
        task = f"data/evaluation/{self.name}/{task_of(self.source, self.target)}"
        return f"{task}/0.png" if self.crop else f"{task}.png"


def choose(
    name: str,
    material: Material,
    folders: dict[Split, dict[str, str]],
    *,
    gpu: bool,
    size: int | None = None,
    steps: int | None = None,
    task: Task = "colour",
) -> Recipe:
    """Return the recipe for folders, which params.yaml will name as ``folders`` does.

    Raises UserError where the files are too small, too short or too few.
    """
    template = template_for(material)
    source, target = material.domains[0], material.domains[-1]
    view: View | Literal[""] = ""
    if source == target:
        source = view = "grey" if task == "colour" else "edges"
    enough(material)
    pixels, frames, scale = scale_of(material, size, gpu)
    items = items_of(material, frames)
    fewest = trained(material, frames)
    pace = PACES[template, gpu]
    pace = replace(pace, batch=min(pace.batch, fewest))
    usual = pace.steps(items)
    chosen = steps or usual
    rounds = f"{chosen * pace.batch / items:,.0f} rounds through {items:,}"
    papers, small = "the papers' networks, for there is a GPU", "smaller networks than the papers'"
    networks = papers if gpu else f"{small}, for there is no GPU"
    if template == "voices":
        networks = "the networks that recipes/vcc2016 has for real voices"
    return Recipe(
        name=name,
        template=template,
        gpu=gpu,
        source=source,
        target=target,
        folders=folders,
        batch=pace.batch,
        classifier_batch=min(CLASSIFIER_BATCH[template], 2 * fewest),
        steps=chosen,
        classifier_steps=classifier_steps(CLASSIFIER_STEPS[gpu], chosen, usual),
        size=pixels,
        crop=frames,
        view=view,
        reasons=[
            method_reason(template, view, material),
            scale,
            f"{chosen:,} steps of {pace.batch}: {rounds} {'chunks' if frames else 'pictures'}"
            + (", as --steps says" if steps else ""),
            networks,
        ],
    )


def template_for(material: Material) -> Template:
    """Return which of the three kinds of recipe suits the material."""
    if material.kind == "sounds":
        return "voices"
    return "pairs" if material.paired or len(material.domains) < 2 else "unpaired"


def scale_of(material: Material, size: int | None, gpu: bool) -> tuple[int, int, str]:
    """Choose the side of pictures (or 0) and frames of a chunk (or 0), and say why.

    Raises UserError where the files can't give what is asked for.
    """
    if material.kind == "pictures":
        pixels, why = picture_size(material, size, gpu)
        return pixels, 0, why
    if size is not None:
        raise UserError("--size is for pictures, but the folders hold sound")
    frames = chunk(material)
    seconds = frames * WORLD_22K.hop / WORLD_22K.rate
    return 0, frames, f"chunks of {frames} frames ({seconds:.2f} s), which most clips have"


def items_of(material: Material, frames: int) -> int:
    """Return what a round through the data is: pictures, or chunks of the speaker who has fewer."""
    if frames:
        return min(voice_chunks(material, domain, frames) for domain in material.domains)
    return max(material.count(domain) for domain in material.domains)


def classifier_steps(usual: int, chosen_for_model: int, usual_for_model: int) -> int:
    """Choose steps of a classifier: the usual number, fewer only for a model that is but tried.

    That is one with less than a quarter of its usual steps. A classifier costs little, and one that
    has learnt too little tells nothing about a model.
    """
    return max(1, min(usual, round(usual * 4 * chosen_for_model / usual_for_model)))


def method_reason(template: Template, view: str, material: Material) -> str:
    """Return which method and why."""
    if template == "voices":
        return "INCA with an adversary: it needs no sentence that both say, and trains in minutes"
    if template == "unpaired":
        return "CycleGAN: the names differ, so nobody says which pictures belong together"
    if view:
        return f"pix2pix: pairs of each picture and its {view} view, which is made from it"
    count = material.count(material.domains[0])
    return f"pix2pix: the folders have the same {count:,} names, so these are pairs"
