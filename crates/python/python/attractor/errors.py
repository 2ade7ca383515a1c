"""What the package raises: one `AttractorError`, and subclasses that are also the fitting built-in."""

__all__ = [
    "AttractorError",
    "DTypeError",
    "EmptyMemoryError",
    "FormatError",
    "MissingDataError",
    "MissingFileError",
    "RecipeError",
    "ShapeError",
    "StoreError",
    "StoreLockedError",
    "UnknownIdError",
    "UnsupportedError",
    "ValueRangeError",
]


class AttractorError(Exception):
    """Every refusal of the engine. A refused call changes nothing."""

    __str__ = Exception.__str__


class ShapeError(AttractorError, ValueError):
    """An array of another shape than the one expected."""


class ValueRangeError(AttractorError, ValueError):
    """A number or a name outside its range, or an entry that is not finite."""


class DTypeError(AttractorError, TypeError):
    """An array of something else than the numbers expected."""


class EmptyMemoryError(AttractorError, LookupError):
    """Something was asked of a memory that holds nothing."""


class UnknownIdError(AttractorError, KeyError):
    """An id, a label or a name that stands for nothing."""


class UnsupportedError(AttractorError, ValueError):
    """Choices that have no meaning together."""


class FormatError(AttractorError, ValueError):
    """A file, or weights, that are not what they should be."""


class StoreError(AttractorError, OSError):
    """The operating system refused to read or write, or a bound on bytes is reached."""


class StoreLockedError(StoreError):
    """Another process, or another learner of this one, learns in this directory."""


class RecipeError(AttractorError, ValueError):
    """The learner in this directory was made with other options."""


class MissingFileError(StoreError, FileNotFoundError):
    """A file that is not there."""


class MissingDataError(AttractorError, FileNotFoundError):
    """A data set that is not there; the message says what to do about it."""
