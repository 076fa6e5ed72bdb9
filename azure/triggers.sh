#!/usr/bin/env bash
# Stop or start all triggers of the data factories of a resource group:
#   azure/triggers.sh stop|start RESOURCE_GROUP
# A trigger that is started cannot be changed, and a template cannot start one.
set -euo pipefail

verb=${1:-} group=${2:-}
if [[ ($verb != stop && $verb != start) || -z $group ]]; then
  echo "usage: azure/triggers.sh stop|start RESOURCE_GROUP" >&2
  exit 2
fi

api=2018-06-01
factories=$(az resource list --resource-group "$group" \
  --resource-type Microsoft.DataFactory/factories --query '[].id' --output tsv)
for factory in $factories; do
  triggers=$(az rest --method get --url "$factory/triggers?api-version=$api" \
    --query 'value[].name' --output tsv)
  for trigger in $triggers; do
    az rest --method post --url "$factory/triggers/$trigger/$verb?api-version=$api" --output none
    echo "$verb: $trigger" >&2
  done
done
