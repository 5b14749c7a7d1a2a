"""E-mail addresses, each in one spelling: an address is one person's, however they type it."""

from email_validator import validate_email

# A local part of 64, the sign, and a domain of 255 (RFC 5321, section 4.5.3.1).
MAX_EMAIL_LENGTH = 320


def parse_email(text: str) -> str:
    """Returns the spelling that is stored and compared.

    Raises:
        ValueError: the text is not an address and nothing else, or not one that every mail server
            takes: those without SMTPUTF8 (RFC 6531) refuse a local part that is not ASCII.
    """
    # The validator normalizes first, which takes time by the square of the length.
    if len(text) > MAX_EMAIL_LENGTH:
        raise ValueError(f"must have at most {MAX_EMAIL_LENGTH} characters")
    valid = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    return valid.normalized.lower()


def normalize_email(text: str) -> str:
    """Returns the spelling of an address; of another text what remains in lower case."""
    try:
        return parse_email(text)
    except ValueError:
        return text.strip().lower()
