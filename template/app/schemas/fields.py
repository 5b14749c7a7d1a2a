"""Types of values that several wire types have."""

from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field, StringConstraints

# Stored and compared in lower case: an address is one person's, however they type it.
Email = Annotated[EmailStr, AfterValidator(str.lower), Field(max_length=320)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# Judged by core/security.py: how long it may be is for the setting to say.
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
