# This service's own targets; `make help` lists those with a `##` text.
