#!/usr/bin/env bash
# Grades on a real GPU, and prints device, seconds, losses and layers.
#
#   tests/cuda/check.sh             on a machine with a GPU, Python 3.10 to 3.13 and torch; no network
#   tests/cuda/check.sh --no-gpu    the same without a GPU, to try the script itself
#   tests/cuda/check.sh --fetch     on a machine with a network: fill tests/cuda/wheels
#
# What the GPU's machine lacks travels as wheels in tests/cuda/wheels. Torch and torchvision don't:
# they have to fit the driver there. PYTHON names the interpreter, python3 by default; for --fetch,
# PYTHON_VERSION names the one of the GPU's machine, 3.12 by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
wheels=tests/cuda/wheels

if [[ ${1:-} == --fetch ]]; then
    "$python" - <<'END' > "$wheels.txt"
import tomllib
with open("pyproject.toml", "rb") as file:
    print(*(d for d in tomllib.load(file)["project"]["dependencies"] if not d.startswith("torch")), sep="\n")
END
    mkdir -p "$wheels"
    "$python" -m pip download --quiet --only-binary :all: --dest "$wheels" \
        --python-version "${PYTHON_VERSION:-3.12}" --platform manylinux2014_x86_64 \
        --platform manylinux_2_28_x86_64 --platform any --requirement "$wheels.txt"
    rm "$wheels.txt"
    exit
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv --system-site-packages --without-pip "$folder/venv"
# The interpreter's own packages are seen even where it is itself one of a virtual environment.
"$python" -c 'import sys; print(*(p for p in sys.path if p.endswith("-packages")), sep="\n")' \
    > "$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
# A wheel is installed where nothing of that name is there yet: torch's own NumPy stays.
for wheel in "$wheels"/*.whl; do
    [[ -e $wheel ]] || continue
    name=$(basename "$wheel"); name=${name%%-*}
    "$folder/venv/bin/python" -c "import importlib.metadata as m; m.version('$name')" 2>/dev/null ||
        "$python" -m pip --python "$folder/venv/bin/python" install --quiet --no-index --no-deps "$wheel"
done
"$folder/venv/bin/python" -m tests.cuda.check "$@"
