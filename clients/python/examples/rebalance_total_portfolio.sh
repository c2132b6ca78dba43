#!/usr/bin/env bash
# From an allocation to approved trades, on a store of its own that is gone afterwards:
# Ada registers a job on total_portfolio.yaml that runs as schedule.yaml says, records today's marks and runs it. She may not approve what comes
# of it; Ben may. Nothing leaves: the job is a dry run.
#
#   clients/python/examples/rebalance_total_portfolio.sh            commands out of .venv/bin
#   COUNTERPOISE_BIN=/path/to/bin .../rebalance_total_portfolio.sh  commands from elsewhere
set -euo pipefail

examples="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
bin="${COUNTERPOISE_BIN:-$examples/../../../.venv/bin}"
store="$(mktemp -d)"
trap 'rm -rf "$store"' EXIT
export COUNTERPOISE_STORE_DSN="sqlite:///$store/rebalancing.sqlite3"

say() { printf '\n$ %s\n\n' "$*"; }
counterpoise() {
	say counterpoise "$@"
	"$bin/counterpoise" "$@"
}

counterpoise jobs create monthly "$examples/total_portfolio.yaml" --display-name "Monthly rebalance" \
	--schedule "$examples/schedule.yaml" --principal ada
counterpoise jobs next monthly --principal ada
# A real desk records prices and holdings; here they are the file's, as of today.
counterpoise marks record monthly --from-job --as-of "$(date -u +%F)" --principal ada
counterpoise jobs run monthly --principal ada
counterpoise proposals show latest --principal ben

# A decision quotes the content that was read.
content="$("$bin/counterpoise" proposals show latest --principal ben --json |
	"$bin/python" -c 'import json, sys; print(json.load(sys.stdin)["content_sha256"])')"
if counterpoise proposals approve latest --content-sha256 "$content" --comment "mine" --principal ada; then
	echo "whoever made a proposal must not be able to approve it" >&2
	exit 1
fi
counterpoise proposals approve latest --content-sha256 "$content" --comment "read, and agreed" --principal ben

say counterpoise-server audit
"$bin/counterpoise-server" audit
"$bin/counterpoise-server" verify-audit
