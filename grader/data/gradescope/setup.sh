#!/usr/bin/env bash
# Runs once, when Gradescope builds the image of the autograder.
set -euo pipefail
apt-get update
apt-get install -y python3-pip python3-venv
python3 -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' || {
    echo "The grader needs Python 3.10 to 3.13, and this image has $(python3 --version):" \
        "choose the base image Ubuntu 22.04 or later." >&2
    exit 1
}
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir {torch} \
    --index-url https://download.pytorch.org/whl/cpu
/autograder/venv/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
