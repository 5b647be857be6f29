"""House numbers: files tell number and suffix apart, here they are one field."""


def house_number(number: str | None, suffix: str | None) -> str | None:
    """12 and bis are "12 bis", 12 and -2 are "12-2", 12 and a are "12a"."""
    if number is None or suffix is None:
        return number or suffix
    return number + ("" if suffix.startswith(("-", "/")) or len(suffix) == 1 else " ") + suffix
