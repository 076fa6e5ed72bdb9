#!/usr/bin/env bash
# Makes a node of the pool ready. Batch runs it again whenever the node starts: what is there
# already is left alone.
set -euo pipefail

shared=${AZ_BATCH_NODE_SHARED_DIR:?runs as a start task of Azure Batch}

missing=()
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v unzip >/dev/null || missing+=(unzip)
if ((${#missing[@]})); then
  export DEBIAN_FRONTEND=noninteractive
  # A fresh node's own first update holds the lock for a minute or two.
  apt-get -o DPkg::Lock::Timeout=600 -qq update
  apt-get -o DPkg::Lock::Timeout=600 -qq --yes install --no-install-recommends "${missing[@]}"
fi

python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || {
  echo "error: this image has $(python3 --version); 3.11, 3.12 or 3.13 is needed" >&2
  exit 1
}

# Each task runs as a user of its own; all of them share the environments that bootstrap.sh makes
# here.
mkdir -p "$shared/customer-insights"
chmod 1777 "$shared/customer-insights"
