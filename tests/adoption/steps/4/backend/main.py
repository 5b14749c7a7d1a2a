"""For who still starts `backend.main:app`. Step 9 deletes it."""

import warnings

from app.main import create_app

warnings.warn(
    "backend.main is deprecated: start `python -m app serve`, or app.main:create_app",
    DeprecationWarning,
    stacklevel=2,
)
app = create_app()
