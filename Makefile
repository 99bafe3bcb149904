# Everything from a fresh clone: `make report`, `make test`. Needs Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

# compiled bytecode is kept, whatever the shell asks for: without it every command and kernel compiles all it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test slow servers lint lab docs wheelhouse bench calibrate regret clean

report: $(STAMP)
	$(BIN)/outreach report --sample --lang both --out reports

# a process a core: more threads in each would only wait for one another
test slow: export OPENBLAS_NUM_THREADS := 1
test slow: export OMP_NUM_THREADS := 1
test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --dist loadfile

# what takes minutes: commands killed at random moments, a real JupyterLab, the notebooks, the wheel, and every
# property with all its examples; files as they are found, since those of few tests hold the longest of them
slow: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m slow --hypothesis-profile=full

# counting in a real PostgreSQL server and in Spark, where the machine has them
servers: $(STAMP)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-servers.txt
	$(BIN)/python -m pytest -q -m servers

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: $(STAMP)
	JUPYTER_CONFIG_PATH=lab $(BIN)/jupyter lab notebooks

# the documentation as pages in docs/_build/html; the notebooks are run once, on the sample
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-docs.txt
	test -d docs/_build/pages/notebooks || $(BIN)/outreach notebooks --sample --out docs/_build/pages/notebooks
	$(BIN)/python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet docs docs/_build/html

# for offices without internet: the package and all it needs, of this system and Python, to be installed by
# `pip install --no-index --find-links wheelhouse outreach_analysis`
wheelhouse: $(STAMP)
	$(BIN)/python -m build --wheel --no-isolation --outdir dist/wheelhouse
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: -r requirements.txt --dest dist/wheelhouse

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

# an hour or two on one core: known truths against their estimates, into docs/calibration.md
calibrate: $(STAMP)
	$(BIN)/python benchmarks/calibration.py --write
	$(BIN)/python benchmarks/calibration_impact.py --write

# some hours on one core: what following the advice costs in offices whose truth is known, into docs/regret.md
regret: $(STAMP)
	$(BIN)/python benchmarks/regret.py --offices 40 --answers 0,30,100,200 --write

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

clean:
	rm -rf .venv dist build docs/_build docs/api/names docs/api/modules
