"""What may be asked of the practice: pydantic models, whose refusals are told in Vietnamese and name the parameter."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cdse_offline.messages import say

Size = Annotated[int, Field(ge=0, le=10**12)]  # bytes, or a place among them
Seconds = Annotated[float, Field(ge=0, le=3600)]


class BadRule(ValueError):  # noqa: N818 - what was asked for is bad; nothing failed
    """A rule or a limit that cannot be; the message is for the one who asked."""


class Parameters(BaseModel):
    """Values of exactly these names and types: no `"3"` or `True` for a number, no NaN."""

    # Built when first used: 26 models would cost the start of the service 14 MB.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


Model = TypeVar("Model", bound=Parameters)


def read_parameters(model: type[Model], given: Mapping[str, Any], owner: str, common: type[Parameters]) -> Model:
    """The values, where missing the defaults. BadRule names the one that is wrong, or those that `owner` has not.

    `common`: the model whose parameters everybody has, so that they are not listed as the owner's.
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        wrong = error.errors()
    unknown = sorted(str(one["loc"][0]) for one in wrong if one["type"] == "extra_forbidden")
    if unknown:
        own = [name for name in model.model_fields if name not in common.model_fields]
        known = ", ".join(own) or say("no-parameters")
        raise BadRule(say("unknown-parameter", owner=owner, names=", ".join(unknown), known=known))
    name = str(wrong[0]["loc"][0])
    schema = model.model_json_schema()["properties"][name]
    raise BadRule(say("bad-parameter", name=name, value=wrong[0]["input"], wanted=_describe(schema)))


def _describe(schema: dict[str, Any]) -> str:
    """What a parameter must be, from its JSON schema."""
    if "anyOf" in schema:  # it may also be left out
        schema = schema["anyOf"][0]
    if schema["type"] == "boolean":
        return say("wanted-flag")
    if schema["type"] == "string":
        return say("wanted-text", pattern=schema["pattern"])
    slot = "wanted-whole-number" if schema["type"] == "integer" else "wanted-number"
    return say(slot, low=schema["minimum"], high=schema["maximum"])
