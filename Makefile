# The commands of the README. `make repro` and `make test` need Python 3.11 or later, git and make.

PYTHON ?= python3
VENV := .venv
MADE := checked prepared classifiers models curves evaluation checkpoints logs report
BIN := $(VENV)/bin
ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
# Stages call `python`: let it be the environment's.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help repro zoo gans test claims lint chromium demo bench clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | sort

repro: $(VENV)/.installed ## data, training, evaluation, report
	crossdomain repro

zoo: $(VENV)/.installed ## small models of every kind, on embedded data
	crossdomain repro recipes/zoo

gans: $(VENV)/.installed ## small GANs, from the first to StyleGAN2, on embedded data
	crossdomain repro recipes/gans

test: lint ## ruff, the import contracts, mypy --strict and pytest
	-@$(MAKE) --no-print-directory chromium ROOT='$(ROOT:sudo=sudo -n)'
	python -m pytest

claims: $(VENV)/.installed ## what papers claim, by short trainings (a minute)
	python -m pytest -m claim

lint: $(VENV)/.installed ## ruff, the import contracts and mypy --strict
	ruff check .
	ruff format --check .
	lint-imports
	mypy

chromium: ## the browser that tests the demo, from Debian or Ubuntu where it is missing
	command -v chromium >/dev/null || $(ROOT) apt-get update
	command -v chromium >/dev/null || $(ROOT) apt-get install --yes --no-install-recommends chromium

demo: $(VENV)/.installed ## the demo, on this machine alone
	crossdomain demo

bench: $(VENV)/.installed ## speed of training steps on this machine
	python -m benchmarks.train_step

clean: ## everything that the commands above made, the environment too
	rm -rf $(VENV) $(MADE:%=data/%) $(foreach name,zoo gans theory latent,$(MADE:%=recipes/$(name)/data/%))

# The marker is younger than the lock only after an installation that went through. The lock is
# complete but for what resemblyzer's own code needs: of it the weights alone are read, and webrtcvad
# would need a compiler. So pip resolves nothing, and its check may miss these two and nothing else.
LEFT_OUT := [Rr]esemblyzer [^ ]* requires (typing|webrtcvad), which is not installed\.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"error: Python 3.11 or later is needed, found {sys.version.split()[0]}: make PYTHON=/path/to/it")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --requirement requirements.lock
	python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	! python -m pip check | grep -Evx '$(LEFT_OUT)|No broken requirements found\.'
	touch $@
