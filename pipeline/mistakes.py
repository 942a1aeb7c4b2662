"""Mistakes in parameters, in words: the key's path, what was found and what is allowed."""

from collections.abc import Iterable
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pipeline.errors import LISTED, shortened

TAGS = ("method", "kind")  # the literal fields that tell the members of a union apart
NEAR = 0.75
"""From 0 to 1, how alike a misspelt key and ours have to be."""
KEY = "[key]"  # ends pydantic's location of what is wrong with a name itself

MEANT: dict[str, str] = {
    "lr": "rate learning_rate",
    "beta1 beta2": "betas",
    "weight_decay": "decay wd l2",
    "steps": "iterations iters num_steps max_steps train_steps epochs num_epochs n_epochs",
    "batch": "batch_size minibatch",
    "accumulate": "grad_accum accumulation_steps gradient_accumulation_steps",
    "optimizer": "optim optimiser",
    "discriminator_optimizer": "optimizer_d d_optimizer discriminator_optimiser",
    "schedule": "scheduler lr_scheduler lr_policy",
    "precision": "dtype amp mixed_precision",
    "resize": "load_size",
    "crop": "crop_size",
    "flip": "hflip horizontal_flip",
    "ema": "ema_decay",
    "data": "dataset",
    "root": "path dir folder dataroot data_dir",
    "size": "image_size img_size resolution",
    "rate": "sr sample_rate sampling_rate",
    "hop": "hop_length hop_size",
    "win": "win_length win_size",
    "n_fft": "fft_size filter_length",
    "mels": "n_mels num_mels",
    "kind": "type name arch",
    "method": "model type name",
    "generator": "net_g netg g",
    "discriminator": "net_d netd d critic",
    "width": "ch dim hidden_dim ngf ndf filters num_filters base_channels",
    "layers": "n_layers num_layers",
    "heads": "n_heads num_heads",
    "blocks": "n_blocks num_blocks num_res_blocks",
    "latent": "z_dim zdim nz latent_dim latent_size",
    "codes": "codebook_size num_embeddings n_embed",
    "dim": "embedding_dim embed_dim",
    "commitment": "commitment_cost",
    "discriminator_steps": "n_critic d_steps",
    "l1_weight": "lambda_l1",
    "cycle_weight": "lambda_cycle lambda_a lambda_b",
    "identity_weight": "lambda_identity lambda_idt",
    "kl_weight": "lambda_kl",
    "pool": "pool_size",
    "loss": "gan_mode gan_loss loss_type",
    "penalty": "lambda_gp gp_weight gp_lambda r1_gamma gradient_penalty",
    "spectral": "spectral_norm use_sn sn",
    "source": "source_domain domain_a domains",
    "target": "target_domain domain_b domains",
}
"""Our keys, and the names that they have in other libraries."""
OTHER_NAMES: dict[str, tuple[str, ...]] = {}
for _ours, _others in MEANT.items():
    for _other in _others.split():
        OTHER_NAMES[_other] = (*OTHER_NAMES.get(_other, ()), *_ours.split())


def mistakes_of(error: ValidationError) -> list[str]:
    """Return each of pydantic's errors about a file that is none of ours: its place, the reason.

    At most as many as a message lists, for a stranger's file can hold a million.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    lines = []
    for mistake in found[: LISTED - 1]:
        path = shortened(".".join(map(str, mistake["loc"])), 100)
        reason = mistake["msg"].removeprefix("Value error, ")  # before words of our own
        lines.append(f"{path}: {shortened(reason)}".removeprefix(": "))
    more = len(found) - len(lines)
    return lines + ([f"... and {more} more"] if more else [])


def reason_of(error: Exception) -> str:
    """Return the mistakes of a pydantic error in one line, and of any other error its message."""
    return "; ".join(mistakes_of(error)) if isinstance(error, ValidationError) else str(error)


def describe(mistake: dict[str, Any], model: type[BaseModel]) -> str:
    """Return one of pydantic's errors about what should have been a ``model``."""
    location = tuple(mistake["loc"])
    if location[-1:] == (KEY,) and mistake["type"] == "string_type":
        path = key_path(location[:-2], model)
        name = shortened(str(mistake["input"]))
        return f"{path}: YAML reads the name {name} as no text: write it in quotes"
    path = key_path(tuple(part for part in location if part != KEY), model)
    kind, context = kind_at(location, model), mistake.get("ctx", {})
    found = "nothing" if mistake["input"] is None else shortened(repr(mistake["input"]))
    match mistake["type"]:
        case "extra_forbidden":
            allowed = ", ".join(keys_at(location[:-1], model))
            return f"{path}: no such parameter{hint(location, model)}; allowed: {allowed}"
        case "missing" if get_origin(kind) is Literal:
            return f"{path}: missing, allowed: {listed(get_args(kind))}"
        case "missing":
            return f"{path}: missing"
        case "union_tag_not_found":
            tags = listed(tags_of(kind))
            return f"{path}: missing the key {context['discriminator']}, allowed: {tags}"
        case "union_tag_invalid":
            key = context["discriminator"].strip("'")
            tag = shortened(str(context["tag"]))
            return f"{path}.{key}: found '{tag}', allowed: {context['expected_tags']}"
        case "literal_error":
            return f"{path}: found {found}, allowed: {context['expected']}"
        case "value_error":  # a validator of ours, whose words say what was found
            return f"{path}: {shortened(str(context['error']), 1000)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{path}: found {found}, allowed: {block_example(kind, mistake['input'])}"
        case "too_short":
            return f"{path}: found {found}, allowed: {context['min_length']} or more"
        case "string_pattern_mismatch" if path.endswith(".pretrained"):
            return f"{path}: found {found}, allowed: classifiers/NAME or models/NAME"
        case "tuple_type" | "list_type":
            one = shortened(str(mistake["input"]))
            example = f", as in [{one}]" if is_scalar(mistake["input"]) else ""
            return f"{path}: found {found}, allowed: a list{example}"
        case _:
            reason = mistake["msg"][:1].lower() + mistake["msg"][1:]
            return f"{path}: found {found}, but {reason}"


def hint(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    """Return what an unknown key at a location may have meant, in brackets; "" where nothing is
    near."""
    key, kind = str(location[-1]), kind_at(location[:-1], model)
    ours = keys_of(kind)
    meant = OTHER_NAMES.get(key.lower().replace("-", "_"), ())
    near = get_close_matches(key, ours, n=1, cutoff=NEAR)
    likely = [name for name in meant if name in ours] or near
    if not likely:  # a key of a block below this one
        likely = [
            f"{field}.{name}"
            for field in ours
            for name in (key, *meant)
            if name in keys_of(_step(kind, field))
        ]
    if likely:
        return f" (did you mean {' or '.join(map(repr, likely))}?)"
    others = [] if len(location) < 2 else _members(kind_at(location[:-2], model))
    having = [member for member in others if {key, *meant} & set(keys_of(member))]
    tags = [tag for member in having for tag in _tags(member)]
    return f" (a key of {listed(tags)})" if tags else ""


def block_example(kind: Any, found: object) -> str:
    """Return what should stand in place of ``found``, which is no block, in words."""
    if tags := tags_of(kind):
        tag = found if found in tags else tags[0]
        key = next(name for name in TAGS if name in keys_of(kind))
        return f"a block, as in {{{key}: {tag}}}, {key} one of {listed(tags)}"
    if not keys_of(kind):
        return "a block of names, or {} for none"
    needed = [name for name, field in _members(kind)[0].model_fields.items() if field.is_required()]
    one = len(needed) == 1 and is_scalar(found)
    example = f", as in {{{needed[0]}: {shortened(str(found))}}}" if one else ""
    return f"a block of {', '.join(keys_of(kind))}{example}"


def is_scalar(value: object) -> bool:
    """Tell whether a value from YAML is a text or a number."""
    return isinstance(value, str | int | float)


def listed(values: Iterable[object]) -> str:
    """Return the values, quoted, with commas between them."""
    return ", ".join(map(repr, values))


def key_path(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    """Return the path of a key in the file: pydantic's location less the tags of chosen unions.

    A tag need not stand in the file: a block may be of a kind by default.
    """
    parts: list[str] = []
    kind: Any = model
    for part in location:
        if not _is_tag(_bare(kind), part):
            parts.append(str(part))
        kind = _step(_bare(kind), part)
    return shortened(".".join(parts)) or "(the whole file)"


def keys_at(location: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """Return the keys that are allowed at one of pydantic's locations."""
    return keys_of(kind_at(location, model))


def kind_at(location: tuple[str | int, ...], model: type[BaseModel]) -> Any:
    """Return the type of what stands at one of pydantic's locations."""
    kind: Any = model
    for part in location:
        kind = _step(_bare(kind), part)
    return _bare(kind)


def keys_of(kind: Any) -> list[str]:
    """Return the keys of a block, or of all blocks that a union is made of."""
    return list(dict.fromkeys(key for member in _members(kind) for key in member.model_fields))


def tags_of(kind: Any) -> list[str]:
    """Return the values of the key that tells the members of a union apart."""
    members = _members(kind)
    return [tag for member in members for tag in _tags(member)] if len(members) > 1 else []


def _step(kind: Any, part: str | int) -> Any:
    """Return the type that ``part`` of pydantic's location leads to."""
    if _is_block(kind):
        return kind.model_fields[part].annotation if part in kind.model_fields else None
    arguments = [argument for argument in get_args(kind) if argument is not type(None)]
    if get_origin(kind) in (Union, UnionType):
        tagged = [member for member in map(_bare, arguments) if _has_tag(member, part)]
        return tagged[0] if tagged else _step(_bare(arguments[0]), part)
    return arguments[-1] if arguments else None  # dict[str, V] leads to V, tuple[V, ...] too


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_block(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _members(kind: Any) -> list[type[BaseModel]]:
    """Return the blocks that a type may be, those of unions within unions too."""
    kind = _bare(kind)
    if _is_block(kind):
        return [kind]
    if get_origin(kind) not in (Union, UnionType):
        return []
    return [member for argument in get_args(kind) for member in _members(argument)]


def _is_tag(kind: Any, part: str | int) -> bool:
    """Tell whether ``part`` chooses a member of a union, or of a union within it."""
    if get_origin(kind) not in (Union, UnionType):
        return False
    return any(_has_tag(member, part) for member in _members(kind))


def _has_tag(kind: Any, tag: str | int) -> bool:
    return _is_block(kind) and tag in _tags(kind)


def _tags(kind: type[BaseModel]) -> tuple[Any, ...]:
    fields = [kind.model_fields[name] for name in TAGS if name in kind.model_fields]
    found = [get_args(f.annotation) for f in fields if get_origin(f.annotation) is Literal]
    return tuple(tag for tags in found for tag in tags)
