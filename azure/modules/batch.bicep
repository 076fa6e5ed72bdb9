// Where runs run: a pool that grows when a task waits and is empty otherwise.
param name string
param location string
param tags object
param nodeIdentityId string
param factoryPrincipalId string

@description('Ids of the roles that Data Factory has here.')
param factoryRoles array
param storageAccountName string
param stateContainer string
param nodeSize string
param maximumNodes int
param workspaceId string
param actionGroupId string

var poolName = 'insights'

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageAccountName
}

resource account 'Microsoft.Batch/batchAccounts@2024-07-01' = {
  name: take(name, 24)
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${nodeIdentityId}': {} }
  }
  properties: {
    poolAllocationMode: 'BatchService'
    allowedAuthenticationModes: ['AAD', 'TaskAuthenticationToken'] // no account keys
    autoStorage: {
      storageAccountId: storage.id
      authenticationMode: 'BatchAccountManagedIdentity'
      nodeIdentityReference: { resourceId: nodeIdentityId }
    }
  }
}

resource pool 'Microsoft.Batch/batchAccounts/pools@2024-07-01' = {
  parent: account
  name: poolName
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${nodeIdentityId}': {} }
  }
  properties: {
    vmSize: nodeSize
    taskSlotsPerNode: 1 // a clustering takes the memory of a node
    targetNodeCommunicationMode: 'Simplified'
    deploymentConfiguration: {
      virtualMachineConfiguration: {
        imageReference: {
          publisher: 'canonical'
          offer: 'ubuntu-24_04-lts'
          sku: 'server'
          version: 'latest'
        }
        nodeAgentSkuId: 'batch.node.ubuntu 24.04'
      }
    }
    scaleSettings: {
      autoScale: {
        evaluationInterval: 'PT5M' // the shortest that Batch allows
        formula: replace(loadTextContent('../batch/autoscale.txt'), 'MAXIMUM_NODES', string(maximumNodes))
      }
    }
    startTask: {
      // Inline, so that a node needs nothing but this template to become ready.
      commandLine: '/bin/bash -c "echo ${loadFileAsBase64('../batch/start-task.sh')} | base64 --decode | bash"'
      maxTaskRetryCount: 2
      waitForSuccess: true
      userIdentity: { autoUser: { scope: 'Pool', elevationLevel: 'Admin' } }
    }
    mountConfiguration: [
      {
        azureBlobFileSystemConfiguration: {
          accountName: storage.name
          containerName: stateContainer
          relativeMountPath: 'state'
          identityReference: { resourceId: nodeIdentityId }
          blobfuseOptions: '-o allow_other -o attr_timeout=0 -o entry_timeout=0 -o negative_timeout=0'
        }
      }
    ]
  }
}

resource factorySubmits 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in factoryRoles: {
    name: guid(account.id, factoryPrincipalId, role)
    scope: account
    properties: {
      principalId: factoryPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'ServiceLog', enabled: true }]
  }
}

resource nodesFail 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in ['StartTaskFailedNodeCount', 'UnusableNodeCount']: {
    name: '${name}-${metric}'
    location: 'global'
    tags: tags
    properties: {
      description: 'A node of the pool cannot be used: its start task failed, or Batch lost it.'
      severity: 2
      enabled: true
      scopes: [account.id]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT30M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'nodes'
            metricName: metric
            operator: 'GreaterThan'
            threshold: 0
            timeAggregation: 'Maximum'
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]

output name string = account.name
output endpoint string = 'https://${account.properties.accountEndpoint}'
output poolName string = pool.name
