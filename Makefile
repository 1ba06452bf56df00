# The commands of the project. `make help` lists it.

PYTHON = python3
BIN = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable
CHROMIUM ?=
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo -n)

SPHINX = $(BIN)/python -m sphinx --quiet --fail-on-warning --doctree-dir .cache/doctrees docs

.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.PHONY: help serve dev test test-fast test-lowest fuzz docs check format bench db clean chromium java nginx pgbouncer prometheus styles testssl wrk

# A worker for each core. A worker that has nothing left to do takes tests from another.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --dist worksteal

INCLUDED = tests/site/test_host_applications.py tests/site/test_extending.py \
  tests/site/test_host_migrations.py tests/site/test_migrations.py tests/unit/db \
  tests/functional/test_journey.py $(wildcard tests/hosts)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

serve: .venv/site ## run the site on http://localhost:6543
	@$(BIN)/authsite migrate development.ini
	@exec $(BIN)/pserve development.ini

dev: .venv/site ## the same, and restart when a file changes
	@$(BIN)/authsite migrate development.ini
	@exec $(BIN)/pserve development.ini --reload

# Coverage counts where it is cheap: browsers and servers run in processes of their own.
test: .venv/testing chromium java nginx pgbouncer prometheus styles testssl ## run all tests, or some: make test ARGS="tests/unit -x"
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(PYTEST) tests/unit tests/functional tests/site tests/hosts --cov
	$(PYTEST) tests/browser tests/processes
	@$(MAKE) --no-print-directory test-lowest
endif

test-fast: .venv/testing ## run the unit and functional tests on SQLite only
	$(PYTEST) tests/unit tests/functional -k "not postgresql" $(ARGS)

test-lowest: .venv-lowest/testing ## run the tests of host applications with the lowest versions of all packages
	.venv-lowest/bin/python -m pytest --numprocesses auto --dist worksteal $(or $(ARGS),$(INCLUDED))

fuzz: .venv/testing ## run the random tests with many more examples
	FUZZ=long $(PYTEST) -m hypothesis tests/unit tests/functional $(ARGS)

docs: .venv/dev ## write the generated tables of docs/ and build its site, build/docs/index.html
	$(BIN)/python docs/tables.py
	$(SPHINX) build/docs

# Email programs ignore style sheets, so styles are inline there (H021).
check: .venv/dev ## check format, style, types, imports, security, templates, docs and words
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml authsite alembic
	$(BIN)/djlint authsite/templates examples --extension jinja2 --quiet --lint --check
	$(BIN)/djlint authsite/templates/authsite/mail --extension html --quiet --lint --check --ignore H021
	$(BIN)/python docs/tables.py --check
	$(SPHINX) .cache/docs
	$(BIN)/python tools/words.py
	$(BIN)/python tools/lowest.py --check

format: .venv/dev ## put code and templates into their one format
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/djlint authsite/templates examples --extension jinja2 --quiet --reformat
	$(BIN)/djlint authsite/templates/authsite/mail --extension html --quiet --reformat

bench: .venv/testing wrk ## measure, for docs/performance.md
	$(BIN)/python -m bench $(ARGS)

db: .venv/dev ## look into the development database with a browser
	@exec $(BIN)/sqlite_web --read-only --host 127.0.0.1 --port 8080 authsite.sqlite

clean: ## remove everything that make created, except the database
	rm -rf .venv .venv-lowest .cache .hypothesis *.egg-info build dist
	find . -name __pycache__ -type d -prune -exec rm -r {} +

# The stamps .venv/site, testing and dev say when each set of packages was last installed.

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "authsite needs Python 3.11 or newer; to name one: make PYTHON=python3.12")'
	@$(call debian,python3-venv,$(PYTHON) -c "import ensurepip")
	$(PYTHON) -m venv .venv
	@touch $@

.venv/site: .venv/made setup.cfg setup.py pyproject.toml constraints.txt
	$(INSTALL) .
	@touch $@

.venv/testing: .venv/site
	$(INSTALL) '.[testing]'
	@touch $@

.venv/dev: .venv/site
	$(INSTALL) '.[dev]'
	@touch $@

.venv-lowest/testing: .venv/made setup.cfg pyproject.toml constraints-lowest.txt
	$(BIN)/python -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable '.[testing]'
	@touch $@

# What pip cannot bring: $(call debian,PACKAGE,TEST) installs PACKAGE if TEST fails and it may.
# If it may not, it says so and goes on: the tests that need the program are skipped. CI stops.

define debian
{ $(2); } >/dev/null 2>&1 && exit; \
if command -v apt-get >/dev/null && $(AS_ROOT) true 2>/dev/null; then \
  echo 'Debian package $(1) is missing: installing it'; \
  $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends $(1) </dev/null && exit; \
fi; \
echo '$(1) is missing. To get it on Debian: sudo apt-get install $(1)'; test "$$CI" != true
endef

chromium:
	@$(call debian,chromium,command -v $(or $(CHROMIUM),chromium || command -v chromium-browser || command -v google-chrome))

java:
	@$(call debian,default-jre-headless,command -v java)

# Unpacked and not installed: Debian's package would start a server for the whole machine.
nginx:
	@PATH=$$PATH:/usr/sbin:.cache/nginx/usr/sbin; command -v nginx >/dev/null && exit; \
	$(AS_ROOT) apt-get update -qq; mkdir -p .cache/nginx && cd .cache/nginx && \
	  apt-get download -qq -o APT::Sandbox::User=root nginx && dpkg-deb --extract nginx_*.deb . && exit; \
	echo 'nginx is missing. To get it on Debian: sudo apt-get install nginx'; test "$$CI" != true

prometheus:
	@PATH=$$PATH:.cache/prometheus/usr/bin; command -v promtool >/dev/null && exit; \
	$(AS_ROOT) apt-get update -qq; mkdir -p .cache/prometheus && cd .cache/prometheus && \
	  apt-get download -qq -o APT::Sandbox::User=root prometheus && \
	  dpkg-deb --extract prometheus_*.deb . && exit; \
	echo 'promtool is missing. To get it on Debian: sudo apt-get install prometheus'; test "$$CI" != true

# It runs with openssl, ps and hexdump, which Debian has in every usual installation.
testssl:
	@PATH=$$PATH:.cache/testssl/usr/bin; command -v testssl >/dev/null && exit; \
	$(AS_ROOT) apt-get update -qq; mkdir -p .cache/testssl && cd .cache/testssl && \
	  apt-get download -qq -o APT::Sandbox::User=root testssl.sh && \
	  dpkg-deb --extract testssl.sh_*.deb . && exit; \
	echo 'testssl.sh is missing. To get it on Debian: sudo apt-get install testssl.sh'; test "$$CI" != true

# Only browser tests need them: the style sheets of docs/look.md.
styles:
	@test -f .cache/styles/pico.min.css && exit; mkdir -p .cache/styles && cd .cache/styles && \
	  command -v npm >/dev/null && npm pack --silent bootstrap@5.3 @picocss/pico@2 >/dev/null && \
	  tar --extract --gzip --strip-components 3 --file bootstrap-5*.tgz package/dist/css/bootstrap.min.css && \
	  tar --extract --gzip --strip-components 2 --file picocss-pico-2*.tgz package/css/pico.min.css && exit; \
	echo 'Bootstrap and Pico are missing. npm brings them; to get it on Debian: sudo apt-get install npm'; test "$$CI" != true

# With the two libraries that Debian does not install by itself.
pgbouncer:
	@PATH=$$PATH:/usr/sbin:.cache/pgbouncer/usr/sbin; command -v pgbouncer >/dev/null && exit; \
	$(AS_ROOT) apt-get update -qq; mkdir -p .cache/pgbouncer && cd .cache/pgbouncer && \
	  apt-get download -qq -o APT::Sandbox::User=root pgbouncer \
	    $$(apt-cache depends pgbouncer | sed -n 's/.*Depends: \(lib\(c-\?ares\|event\)[^ ]*\)$$/\1/p') && \
	  for each in *.deb; do dpkg-deb --extract $$each . || exit; done && exit; \
	echo 'pgbouncer is missing. To get it on Debian: sudo apt-get install pgbouncer'; test "$$CI" != true

wrk:
	@$(call debian,wrk,command -v wrk)
