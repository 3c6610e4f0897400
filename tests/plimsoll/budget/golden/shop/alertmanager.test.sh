#!/bin/sh
# Rendered by `plimsoll render` from the budgets of shop; change those instead.
# Asks amtool whether every alert reaches its receiver: sh alertmanager.test.sh [CONFIGURATION]
set -eu
configuration=${1:-$(dirname "$0")/alertmanager.yaml}
amtool check-config "$configuration" >/dev/null
reaches() {
  receiver=$1
  shift
  if ! found=$(amtool config routes test --config.file="$configuration" --verify.receivers="$receiver" "$@" 2>&1); then
    echo "not $receiver: $* - $found" >&2
    exit 1
  fi
}
reaches warning alertname=HighLatency severity=warning service=shop budget=latency
reaches critical alertname=PayingFails severity=critical service=shop budget=paying endpoint=pay
reaches warning alertname=LowThroughput severity=warning service=shop budget=throughput
reaches warning alertname=HighCPU severity=warning service=shop budget=cpu
reaches critical alertname=ShopDown severity=critical service=shop budget=up
reaches critical alertname=Stalled severity=critical service=shop budget=moving
reaches critical alertname=ErrorBudgetBurn severity=critical service=shop budget=latency
reaches warning alertname=ErrorBudgetBurn severity=warning service=shop budget=latency
echo "every alert reaches its receiver"
