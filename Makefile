# Mimia's commands. `make run` and `make test` are all that a newcomer needs; each installs first.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
PIP := .venv/bin/pip install --quiet --disable-pip-version-check
# The face detector that the recording page shares with the server.
MODEL := static/dist/vision/face_detection_short_range.tflite
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard clinic/locale/*/LC_MESSAGES/django.po))

.DELETE_ON_ERROR:
.PHONY: run test install lint messages schema bench faults clean

run: install
	$(PY) manage.py migrate --no-input --verbosity 0
	$(PY) manage.py demo --if-empty
	@exec $(PY) manage.py serve

install: .venv/installed static/dist/built $(MODEL) $(TRANSLATIONS)

export MIMIA_REQUIRE_ALL

test: install .venv/installed-tests
	npm test
	$(PY) -m pytest

lint: install .venv/installed-tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PY) -m mypy clinic diagnosis
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	npm run check

# Texts were added or changed: brings clinic/locale up to date and tells what is to be translated.
messages: .venv/installed
	@$(PY) manage.py messages
	@$(MAKE) --no-print-directory $(TRANSLATIONS)

# The API was changed: describes it anew.
schema: install
	$(PY) manage.py spectacular --validate --fail-on-warn --file clinic/api/schema.yml

bench: install
	$(PY) -m diagnosis.bench

# Pages with 1,000 patients of 20 sessions each; `make bench-web PATIENTS=100` for fewer.
bench-web: install
	$(PY) -m clinic.bench $(PATIENTS)

# Breaks network, server, browser and disk around real takes; prints what became of each.
faults: install .venv/installed-tests
	$(PY) -m tests.faults

clean:
	rm -rf .venv node_modules static/dist $(TRANSLATIONS)

# torch first, with its dependencies; then the exact rest without any: mediapipe names packages that
# would replace the headless OpenCV and are never imported.
.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Mimia needs Python 3.11; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	@echo "Installing Python packages (README.md says how much that is) ..."
	$(PIP) --constraint requirements.lock torch torchvision
	$(PIP) --no-deps --requirement requirements.lock
	@touch $@

.venv/installed-tests: .venv/installed tests/requirements.lock
	$(PIP) --no-deps --requirement tests/requirements.lock
	@touch $@

node_modules/installed: package.json package-lock.json
	npm ci --no-audit --no-fund --silent
	@touch $@

static/dist/built: node_modules/installed static/build.mjs $(shell find static/ts -name '*.ts' 2>/dev/null)
	npm run --silent build
	@touch $@

$(MODEL): .venv/installed static/dist/built
	@mkdir -p $(@D)
	@cp .venv/lib/python3.11/site-packages/mediapipe/modules/face_detection/$(@F) $@ || \
	  { echo "The recording page needs $(@F) of the Python package mediapipe. Run: rm -r .venv && make install" >&2; exit 1; }

%.mo: %.po .venv/installed
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@
