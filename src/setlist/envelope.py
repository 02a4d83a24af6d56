"""What surrounds a spec in a resource file: apiVersion, kind, metadata and the lifecycle block, as models."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from setlist.resource import NAME, Spec


def _is_name(text: str) -> str:
    if not NAME.fullmatch(text):
        message = f"'{text}' is no name; use at most 63 small letters, digits and hyphens, and no hyphen at the ends"
        raise ValueError(message)
    return text


Name = Annotated[str, AfterValidator(_is_name), Field(json_schema_extra={"pattern": f"^{NAME.pattern}$"})]


class Metadata(Spec):
    """What identifies and describes the object to Setlist."""

    name: Name = Field(description="The stable identity: the last part of the address.")
    labels: dict[str, str] | None = Field(default=None, description="Label to value, for people and for selecting.")
    annotations: dict[str, JsonValue] | None = Field(
        default=None, description="Notes of other tools; Setlist ignores them."
    )


class Waiting(Spec):
    """Another resource, and the state it must be in first."""

    resource: str = Field(description="The address, provider/Kind/name.")
    state: str = Field(description="The lifecycle state that it must have reached.")


class Adopt(Spec, json_schema_extra={"oneOf": [{"required": ["id"]}, {"required": ["not"]}]}):
    """An existing object to bind to, or the ones that are not it: exactly one of both."""

    id: str | None = Field(default=None, min_length=1, description="The vendor's id of the object to bind to.")
    not_: tuple[str, ...] | None = Field(
        default=None, alias="not", min_length=1, description="Ids that are not this object."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.id is None) == (self.not_ is None):
            message = "it takes exactly one of id and not; write adopt: {id: ...} or adopt: {not: [...]}"
            raise ValueError(message)
        return self


class LifecycleBlock(Spec):
    """How Setlist treats the object; all optional."""

    state: str | None = Field(
        default=None, min_length=1, description="The desired lifecycle state; not managed if left out."
    )
    dependsOn: tuple[str | Waiting, ...] = Field(
        default=(), description="Addresses that come first, or {resource, state}."
    )
    preventDestroy: bool = Field(default=False, description="Refuse every plan that would destroy the object.")
    ignoreChanges: tuple[str, ...] = Field(
        default=(), description="Dotted paths in spec: sent on create, afterwards neither compared nor sent."
    )
    onDestroy: str | None = Field(default=None, description="What removing the document does to the live object.")
    whenLive: Literal["refuse", "edit", "cycle"] = Field(
        default="refuse",
        description="When a change needs a state that the live object is not in: refuse, edit it anyway, or "
        "cycle through that state.",
    )
    whenLocked: Literal["refuse", "clone"] = Field(
        default="refuse",
        description="When a change comes to an object that its send locked: refuse, or manage a clone from then on.",
    )
    copyOf: str | None = Field(
        default=None, description="The address of the object of which this one is created as a copy."
    )
    adopt: Adopt | None = Field(default=None, description="Bind to an existing object, or say which ones are not it.")
    movedFrom: str | tuple[str, ...] = Field(
        default=(), description="Addresses that this object had before: what is bound to one of them is this one."
    )
    onConflict: Literal["fail", "git", "live"] | None = Field(
        default=None,
        description="When the live object and git both moved a field: fail, or keep the value of one side.",
    )


class Envelope(Spec):
    """A whole document of a resource file."""

    apiVersion: str = Field(description="The vendor and its API's version.")
    kind: str = Field(description="The kind of object.")
    metadata: Metadata
    spec: dict[str, JsonValue] = Field(description="The declared fields, in the vendor's own names.")
    lifecycle: LifecycleBlock | None = None


class HeadMetadata(Spec, extra="ignore"):
    """The name alone."""

    name: Name


class Head(Spec, extra="ignore"):
    """As much of a document as its address needs."""

    apiVersion: str
    kind: str
    metadata: HeadMetadata
