# One command sets up, one checks. Every target makes what it needs.
PYTHON ?= python3
RUN := .venv/bin
DEV := .venv-dev/bin
ORACLES := .venv-oracles/bin
WAPITI := .venv-wapiti/bin
WEB := tests/judges/node_modules

# Every test process would rewrite all asserts, and every `publisher` that a test starts compile itself, each time anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test golden test-web email-report demo-picture check test-long lock clean help

help:  ## What can be made here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(RUN)/.ready  ## The main job, end to end; FEED=address-or-file for your own site
	@$(RUN)/publisher try '$(or $(FEED),examples/harbor-gazette/feed.xml)'

test: $(DEV)/.ready  ## All tests
	$(DEV)/python -m pytest -n 3 --dist worksteal tests

golden: $(DEV)/.ready  ## Write the golden files of all mails and posts anew, for review with git diff
	$(DEV)/python -m pytest -q tests/golden/test_messages.py --rewrite-golden

# What needs npm, Java or packages that the tests' own can't stand beside them.
test-web: $(DEV)/.ready $(WEB)/.ready $(ORACLES)/.ready  ## The outside judges of mails, and of what we say to Amazon, Bluesky, Telegram and X
	$(DEV)/python -m pytest -m web tests/judges tests/senders/oracle

email-report: $(DEV)/.ready $(WEB)/.ready  ## Figures and pictures of our mails, into docs/email-report.md
	$(DEV)/python -m tests.judges.report

demo-picture: $(DEV)/.ready  ## What `make demo` shows of its mail, as README's picture
	$(DEV)/python -m tests.judges.demo

# Hours: each part is under one, and PUBLISHER_RESUME=1 goes on after the last that was finished. LONG chooses parts.
test-long: $(DEV)/.ready $(WAPITI)/.ready  ## The long forms, part by part; LONG="-k t6" for some, figures in benchmarks/figures
	PUBLISHER_RESUME=1 $(DEV)/python -m pytest -m long -p no:cacheprovider tests/long $(LONG)

check: $(DEV)/.ready  ## Lint, types, import contract
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy
	$(DEV)/lint-imports

lock:  ## Pin every dependency with its hashes (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build -o requirements.lock pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build --extra dev -o requirements-dev.lock -c requirements.lock pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -o tests/oracles/requirements.lock tests/oracles/requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -o tests/oracles/wapiti.lock tests/oracles/wapiti.in

clean:  ## Remove what was made here
	rm -rf .venv .venv-dev .venv-oracles .venv-wapiti $(WEB) publisher-try build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(RUN)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV)/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv-dev
	$(DEV)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(DEV)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Amazon's own library wants an older python-dateutil than we ship: it lives apart, and tests ask it by subprocess.
$(ORACLES)/.ready: tests/oracles/requirements.lock
	$(PYTHON) -m venv .venv-oracles
	$(ORACLES)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/oracles/requirements.lock
	@touch $@

# Wapiti pins older versions of what we ship: it lives apart too, and walks a running console from outside.
$(WAPITI)/.ready: tests/oracles/wapiti.lock
	$(PYTHON) -m venv .venv-wapiti
	$(WAPITI)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/oracles/wapiti.lock
	@touch $@

# npm and Node come with the Python packages. npm ci takes what the lock pins, checks its hashes and runs no scripts.
$(WEB)/.ready: $(DEV)/.ready tests/judges/package-lock.json
	PATH="$(CURDIR)/$(DEV):$$PATH" npm ci --prefix tests/judges --silent
	@touch $@
