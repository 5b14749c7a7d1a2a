"""E-mail addresses, each in one spelling: an address is one person's, however they type it."""

from email_validator import EmailNotValidError, validate_email


def normalize_email(text: str) -> str:
    """Returns the spelling that is stored and compared; what is no address only loses its blanks."""
    try:
        valid = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return text.strip().lower()
    return valid.normalized.lower()
