# A bare `make` lists the words. Every word does the set-up it needs; a second call does not reinstall.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_ARGS := $(if $(PROVINCES),--provinces $(PROVINCES)) $(if $(RUN),--run $(RUN)) $(if $(REPORT_YEAR),--report-year $(REPORT_YEAR)) $(if $(JOBS),--jobs $(JOBS)) $(if $(OUT),--out $(OUT))
STORE ?= data/store

.DEFAULT_GOAL := help
.PHONY: help setup evaluate test promises lab bench format lock licences sbom

help: ## list the words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18
	@echo "  evaluate takes RAW=folder PROVINCES=pilot|all|TH-50,TH-10 RUN=name REPORT_YEAR=2026 JOBS=2"

setup: $(VENV)/.installed ## make .venv with the locked packages

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make setup PYTHON=python3.12"; exit 2; }
	@echo "Setting up $(VENV): once, a few minutes, from the package index. กำลังติดตั้งครั้งแรก ใช้เวลาไม่กี่นาที"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Compiled here and on every core, which pip does on one. It must be done: many containers forbid Python to keep what it
	@# compiles (PYTHONDONTWRITEBYTECODE), and then every process would compile pandas anew, for two seconds.
	@# A file that this Python cannot compile is none that it needs: the set-up goes on, as pip's does.
	$(BIN)/python -m compileall -qq -j 0 -x '/tests/' $(VENV)/lib sdg_eval || true
	$(BIN)/python -m sdg_eval.batch.warm install
	@# What the explorer works out once for the sample: otherwise the first adviser who opens it waits for it.
	$(BIN)/python -c "from sdg_eval.explore import open_desk; open_desk(keep='reports/.desk')"
	@touch $@

evaluate: setup ## evaluate the pilot provinces: synthetic sample, or real files with RAW=folder
ifdef RAW
	$(BIN)/sdg-eval import "$(RAW)" --store "$(STORE)"
	$(BIN)/sdg-eval evaluate --store "$(STORE)" $(RUN_ARGS)
else
	$(BIN)/sdg-eval evaluate $(RUN_ARGS)
endif

# The notebooks are tested on warm kernels, as the batch runs them; `make test WARM=` takes normal ones, and `make promises` does so too.
WARM := $(BIN)/python -m sdg_eval.batch.warm run

# National tables that notebooks keep for each other are kept in a folder of this call: the user's own says nothing about this program.
KEPT := kept=$$(mktemp -d) && trap 'rm -rf "$$kept"' EXIT && SDG_EVAL_CACHE="$$kept"

# A worked example that reads official files is left out where they are not: it says so by being ignored.
SDG_EVAL_SHARED ?= ../shared
WITHOUT_SHARED := $(if $(wildcard $(SDG_EVAL_SHARED)/data),,$(foreach n,sdsn_check prop99 basque,--ignore notebooks/methods/$(n).ipynb))

test: setup ## run every test, then every notebook on the sample data
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || echo "Chromium is missing, browser tests are skipped: apt-get install chromium"
	@command -v soffice >/dev/null 2>&1 || echo "LibreOffice is missing, its round trip is skipped: apt-get install libreoffice-calc libreoffice-writer"
	$(BIN)/python -m ruff check sdg_eval tests benchmarks
	$(BIN)/python -m pytest tests -n 2 --dist loadfile --no-loadscope-reorder --durations 40 --durations-min 5
	$(KEPT) $(WARM) $(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout 300 -n 2 --dist loadfile notebooks --ignore notebooks/methods
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 300 -n 2 --dist loadfile notebooks/methods $(WITHOUT_SHARED)

# Every test file that counts.
LONG := tests/test_personal.py tests/test_suppression.py $(shell grep -lE 'tests.counts import' tests/*.py tests/browser/*.py)

promises: setup ## the long tests at full count; prints the figure of each promise
	SDG_EVAL_FULL=1 $(BIN)/python -m pytest -s -q $(LONG)
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout 300 -n 2 --dist loadfile notebooks --ignore notebooks/methods
	$(WARM) $(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 300 -n 2 --dist loadfile notebooks/methods $(WITHOUT_SHARED)

# Settings of this environment's JupyterLab alone: no news, no question, no list of extensions from the net. The server's own
# defaults (this machine only, a token) stay as they are.
LAB_SETTINGS := $(VENV)/share/jupyter/lab/settings/overrides.d
NOTEBOOK ?= notebooks/explore/explorer.ipynb

# A terminal without a screen has no browser: JupyterLab would start a text browser in it.
NO_SCREEN := $(if $(filter Linux,$(shell uname -s)),$(if $(DISPLAY)$(WAYLAND_DISPLAY),,--no-browser))

lab: setup ## open JupyterLab on the explorer (NOTEBOOK=path opens another)
	@test -e "$(NOTEBOOK)" || { echo "$(NOTEBOOK): there is no such notebook. make lab opens the explorer, NOTEBOOK=notebooks/explore/start_here.ipynb the map of all."; exit 2; }
	@mkdir -p $(LAB_SETTINGS) && { cmp -s lab/overrides.json $(LAB_SETTINGS)/sdg_eval.json || cp lab/overrides.json $(LAB_SETTINGS)/sdg_eval.json; }
	@echo "กำลังเปิด JupyterLab ถ้าเบราว์เซอร์ไม่เปิดเอง ให้คัดลอกที่อยู่ที่มี token= ด้านล่าง ปิดด้วย Ctrl-C สองครั้ง"
	@echo "JupyterLab is starting. If no browser opens, copy the address with token= below. Ctrl-C twice ends it."
	@$(BIN)/python -m sdg_eval.batch.lab --notebook-dir=. $(NO_SCREEN) --LabApp.default_url="/lab/tree/$(NOTEBOOK)"

bench: setup ## run the benchmarks and checks: one line of JSON per figure
	@for f in benchmarks/bench_*.py benchmarks/check_*.py; do $(BIN)/python $$f || exit 1; done

format: setup ## format code and strip notebooks
	$(BIN)/python -m ruff format sdg_eval tests benchmarks
	$(BIN)/python -m ruff check --fix sdg_eval tests benchmarks
	$(BIN)/nbstripout notebooks/*.ipynb

licences: setup ## remake docs/licences.md after the lock changed (WHEELS=files of packages of other systems)
	$(BIN)/python -m sdg_eval.supply_chain licences $(WHEELS)

sbom: setup ## write what is installed to reports/sbom.json (CycloneDX)
	$(BIN)/python -m sdg_eval.supply_chain sbom

lock: ## remake requirements.lock (needs uv on the path)
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --no-annotate --universal --python-version 3.11 -o requirements.lock
