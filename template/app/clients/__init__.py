"""Other services that this one calls, one file each: docs/how-to.md has the recipe."""
