# Every step of .ci/run is a target here, so that a person can run one alone.
# `main-job` and `test` run the two commands that the README gives, word for word.

PYTHON ?= python3
VENV ?= .venv
VENV_OLDEST ?= .venv-oldest
VENV_NEWEST ?= .venv-newest
VENV_WHEEL ?= .venv-wheel
VENV_PEERS ?= .venv-peers
VENV_MAPIE ?= .venv-mapie

export MPLBACKEND = Agg
export TF_CPP_MIN_LOG_LEVEL = 3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: all main-job test lint format docs figures test-oldest test-newest wheel clean \
    benchmark-peers benchmark-mapie

all: main-job test lint docs test-oldest test-newest wheel

main-job:
	bash -euc "$$($(PYTHON) .ci/readme_command.py main-job)"

# Coverage of lines and branches stands below the outcome of the tests.
test: export PYTEST_ADDOPTS = --cov=skdrift --cov-branch --cov-report=term:skip-covered
test:
	bash -euc "$$($(PYTHON) .ci/readme_command.py test)"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

lint: $(VENV)/bin/python
	$(VENV)/bin/pip install -q ".[lint]"
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: $(VENV)/bin/python
	$(VENV)/bin/pip install -q ".[lint]"
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(VENV)/bin/python
	$(VENV)/bin/pip install -q ".[docs]"
	rm -rf docs/_build docs/auto_examples docs/generated
	$(VENV)/bin/sphinx-build -W --keep-going -b html docs docs/_build/html

# The tables of the documentation, docs/_data, in the environment of PYTHON, some minutes
# each. Tables on real data are made where DATA names its folder; HEAVY=1 makes those that
# take from ten minutes to hours as well.
figures:
	$(PYTHON) benchmarks/ks.py --only ties
	$(PYTHON) benchmarks/ks.py --only error
	$(PYTHON) benchmarks/ks.py --only speed
	$(PYTHON) benchmarks/tail.py --only size
	$(PYTHON) benchmarks/tail.py --only power --seeds 3
	$(PYTHON) benchmarks/monitor.py --only promises --streams 500
	$(PYTHON) benchmarks/monitor.py --only discoveries --streams 500
	$(PYTHON) benchmarks/monitor.py --only delay --delay-streams 20
	$(PYTHON) benchmarks/fixed_reference.py
	$(PYTHON) benchmarks/exchangeable.py
	$(PYTHON) benchmarks/false_alarms.py --splits 12 --naive-splits 3 \
	    --teachers forest boosting --students default logistic
	$(PYTHON) benchmarks/scores.py --splits 3 --teachers forest boosting
	$(PYTHON) benchmarks/autoencoder.py --seeds 3
	$(PYTHON) benchmarks/scoring.py --only tables
	$(PYTHON) benchmarks/scoring.py --only batches
	$(PYTHON) benchmarks/performance.py --only sets --seeds 3
ifdef HEAVY
	$(PYTHON) benchmarks/scale.py --rows 100000000 --scored-rows 10000000
endif
ifdef DATA
	$(PYTHON) benchmarks/corruptions.py --reviews $(DATA)/reviews.parquet
	$(PYTHON) benchmarks/blame.py $(DATA) --only columns --seeds 2
	$(PYTHON) benchmarks/blame.py $(DATA) --only regions
	$(PYTHON) benchmarks/blame.py $(DATA) --only sizes --tables loans --classifiers boosting
	$(PYTHON) benchmarks/promises.py --only reference
	$(PYTHON) benchmarks/promises.py --only order $(DATA)
	$(PYTHON) benchmarks/promises.py --only monitors $(DATA)
	$(PYTHON) benchmarks/unseen.py $(DATA) --seeds 3
	$(PYTHON) benchmarks/natural_scores.py $(DATA) --seeds 3
	$(PYTHON) benchmarks/risk.py $(DATA) --streams 8
ifdef HEAVY
	$(PYTHON) benchmarks/cifar10c.py --data $(DATA) \
	    --teacher $(DATA)/resnet32_cifar10.keras --limit 4000 --epochs 5 --repeats 3
	$(PYTHON) benchmarks/unseen_images.py --data $(DATA) \
	    --teacher $(DATA)/resnet32_cifar10.keras --seeds 3
	$(PYTHON) benchmarks/views.py $(DATA) --seeds 5 --classifiers boosting logistic forest
	$(PYTHON) benchmarks/performance.py $(DATA) --only tables --seeds 3
	$(PYTHON) benchmarks/performance.py $(DATA) --only stream --seeds 3
	$(PYTHON) benchmarks/performance_images.py $(DATA) --seeds 3 --n-jobs 3
	$(MAKE) benchmark-peers
endif
endif

# The lowest version of each requirement, taken from pyproject.toml itself. They have
# wheels for Python 3.11 and 3.12: give PYTHON=python3.11 where python3 is newer.
test-oldest:
	rm -rf $(VENV_OLDEST)
	$(PYTHON) -m venv $(VENV_OLDEST)
	$(PYTHON) .ci/oldest_versions.py > $(VENV_OLDEST)/oldest.txt
	$(VENV_OLDEST)/bin/pip install -q -c $(VENV_OLDEST)/oldest.txt ".[test]"
	$(PYTHON) .ci/oldest_versions.py --check $(VENV_OLDEST)
	$(VENV_OLDEST)/bin/python -m pytest -n 2 -m "not keras"

# The newest pre-release of scikit-learn, where one is served. What it breaks is said and
# fails nothing: there is time until it is released.
test-newest:
	rm -rf $(VENV_NEWEST)
	$(PYTHON) -m venv $(VENV_NEWEST)
	$(VENV_NEWEST)/bin/pip install -q ".[test]"
	$(VENV_NEWEST)/bin/pip install -q --pre --upgrade scikit-learn
	@version="$$($(VENV_NEWEST)/bin/python -c 'import sklearn; print(sklearn.__version__)')"; \
	case "$$version" in \
	*rc* | *a[0-9]* | *b[0-9]* | *dev*) \
	    $(VENV_NEWEST)/bin/python -m pytest -n 2 -m "not keras" \
	    && echo "scikit-learn $$version: all tests pass" \
	    || echo "scikit-learn $$version: some tests fail, see above" ;; \
	*) echo "no pre-release of scikit-learn is served; $$version is the newest" ;; \
	esac

wheel:
	rm -rf dist $(VENV_WHEEL)
	$(PYTHON) -m venv $(VENV_WHEEL)
	$(VENV_WHEEL)/bin/pip wheel -q --no-deps --wheel-dir dist .
	$(VENV_WHEEL)/bin/pip install -q dist/skdrift-*.whl
	cd / && "$(abspath $(VENV_WHEEL))/bin/python" "$(abspath .ci/import_installed.py)"

# Peers beside the package, which they must not hold back: each is installed alone, and
# one that cannot be is left out. Newer pyarrow asks for a newer numpy. alibi-detect needs
# PYTHON=python3.11 or python3.12; torchdrift takes PyTorch for processors where pip's
# index (PIP_EXTRA_INDEX_URL) has it.
benchmark-peers:
	$(PYTHON) -m venv $(VENV_PEERS)
	$(VENV_PEERS)/bin/pip install -q . "pyarrow<21"
	for peer in "alibi-detect[tensorflow]==0.13.*" nannyml statsmodels frouros torchdrift; do \
	    $(VENV_PEERS)/bin/pip install -q "$$peer" || echo "$$peer cannot be installed"; \
	done
	$(VENV_PEERS)/bin/python benchmarks/peers.py $(if $(DATA),--data $(DATA))
	$(VENV_PEERS)/bin/python benchmarks/peers_distillation.py
ifdef DATA
	$(MAKE) benchmark-mapie
endif

# MAPIE in an environment of its own, beside the newest scikit-learn.
benchmark-mapie:
	$(PYTHON) -m venv $(VENV_MAPIE)
	$(VENV_MAPIE)/bin/pip install -q . mapie pyarrow
	$(VENV_MAPIE)/bin/python benchmarks/risk_peers.py $(DATA) --streams 8 --batches 100

clean:
	rm -rf $(VENV) $(VENV_OLDEST) $(VENV_NEWEST) $(VENV_WHEEL) \
	    $(VENV_PEERS) $(VENV_MAPIE) build dist docs/_build \
	    docs/auto_examples docs/generated
