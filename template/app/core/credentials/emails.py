"""E-mail addresses, each in one spelling: an address is one person's, however they type it."""

from email_validator import validate_email


def parse_email(text: str) -> str:
    """Returns the spelling that is stored and compared.

    Raises:
        ValueError: the text is not an address and nothing else, or not one that every mail server
            takes: those without SMTPUTF8 (RFC 6531) refuse a local part that is not ASCII.
    """
    valid = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    return valid.normalized.lower()


def normalize_email(text: str) -> str:
    """Returns the spelling of an address; of another text what remains in lower case."""
    try:
        return parse_email(text)
    except ValueError:
        return text.strip().lower()
