.PHONY: green
green: ## What is green after each step of docs/adopting.md
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/pytest backend/tests
