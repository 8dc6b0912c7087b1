# The course's commands. `make` alone lists them.

PYTHON ?= python3
# nbgrader finds its alembic, and kernels their Python, on PATH.
RUN = PATH="$(CURDIR)/.venv/bin:$$PATH" PYTHONPATH="$(CURDIR)" .venv/bin/python
# A test depends on nothing a user has set: no real data, no cache, no warning filters. Its networks are small: one thread
# for each worker takes a fifth less of both cores. One of three workers waits at any time, for a kernel or a program.
CLEAN = env -u COURSE_DATA -u COURSE_DATA_NOTE -u COURSE_CACHE -u COURSE_OFFLINE -u PYTHONWARNINGS \
	COURSE_PROFILE=ci TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=1 \
	TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
# The module of a lab's checks is called like the lab, without its number.
JUDGES = $(shell echo $(LAB) | cut -d_ -f2-)

# What the site, and the browser's tests of it, need: `make test` does without.
INSTALL = .venv/bin/python -m pip install -q --disable-pip-version-check -c requirements.lock -r requirements-site.lock

.PHONY: help lab test test-browser test-grading check venv outputs release address bundle site grade reproduce mutants

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r verb text; do \
		printf '  make %-12s %s\n' "$$verb" "$$text"; done

lab: venv  ## start JupyterLab on the labs and print its address (ROLE=instructor: on the whole course)
	@$(RUN) -m helpers lab $(if $(filter instructor,$(ROLE)),--instructor)

test: venv  ## run the tests, and every notebook at reduced length
	@$(CLEAN) $(RUN) -m pytest -n 3 --dist worksteal --durations=10 -m "not grading" --ignore=tests/browser tests

test-browser: venv  ## open the labs in a real browser (BROWSER=FILE for some of it); pictures in dist/browser/
	@command -v chromium >/dev/null || { apt-get -qq update && apt-get -qq install -y chromium; } || true
	@$(INSTALL) playwright axe-playwright-python
	@$(CLEAN) $(RUN) -m pytest -q $(or $(BROWSER),tests/browser)

test-grading: venv  ## attacks on the grader, crashes, and its benchmark against nbgrader
	@command -v bwrap >/dev/null || { apt-get -qq update && apt-get -qq install -y bubblewrap; } || true
	@$(CLEAN) $(RUN) -m pytest -n 2 --dist worksteal --hypothesis-profile=many tests/redteam tests/test_grading*.py \
		tests/test_forged_records.py tests/test_labs_score.py
	@$(CLEAN) $(RUN) -m tests.benchmarks.grading --sizes 8 128

check: venv  ## test one lab, LAB=03_...: linter, fresh release, checks and answer bank, both notebooks
	@[ -n "$(LAB)" ] && [ -d "solutions/$(LAB)" ] || { echo "Say which lab: make check LAB=01_convolution_basics"; exit 1; }
	@$(RUN) -m ruff check -q solutions/$(LAB) tests/answers/$(LAB).py $(wildcard checks/$(JUDGES).py checks/probes/$(JUDGES).py)
	@$(CLEAN) $(RUN) -m pytest -n 2 --dist worksteal --remember -k $(LAB) tests/test_pipeline.py tests/test_answers.py \
		tests/test_sentences.py tests/test_notebooks_run.py

venv:  ## create or finish the Python environment .venv
	@command -v $(PYTHON) >/dev/null || { echo "There is no '$(PYTHON)': install Python 3.11 to 3.13."; exit 1; }
	@$(PYTHON) grader/environment.py

outputs: venv  ## run the solutions at full length and store what they show (LAB=01_... for one)
	@$(RUN) -m grader.outputs

release: venv  ## bring the solutions' twins in step and generate notebooks/
	@$(RUN) -m grader.release

address: venv  ## set where the course lies, URL=https://github.com/you/your-course, in all notebooks, and release
	@$(RUN) -m grader.address $(URL)

bundle: venv  ## write the student edition to dist/
	@$(RUN) -m grader.bundle

site: venv  ## write the labs as pages to read, dist/site/ for students, dist/site-instructor/ with solutions
	@$(INSTALL)
	@$(RUN) -m grader.site

grade: venv  ## grade what is new in submitted/<student>/<lab>/ and write grades.csv (LAB=01_... for one)
	@$(RUN) -m grader grade

reproduce: venv  ## measure the figures in the README again
	@$(RUN) -m grader.reproduce

mutants: venv  ## change one token of the solutions at a time, list what no check notices (LAB=01_... for one)
	@$(CLEAN) $(RUN) -m tests.mutants $(LAB)
