# This service's own targets; `make help` lists those with a `##` text.
.PHONY: order-limit
order-limit: ## Say how many pieces an order may be for
	.venv/bin/python -m app order-limit
