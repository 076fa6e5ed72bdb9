// Data Factory: when what runs. Pipelines, datasets and triggers are its own JSON, in ../factory.
param name string
param location string
param tags object
param identityId string
param storageEndpoint string
param storageAccountName string
param releaseContainer string

@description('Empty: the identity stages files. Else the vault\'s secret with the storage account\'s key.')
param stagingKeySecret string
param vaultName string
param batchAccountName string
param batchEndpoint string
param poolName string
param loadArguments string

@description('Variables of the run\'s process.')
param environment object
param workspaceId string
param actionGroupId string

resource factory 'Microsoft.DataFactory/factories@2018-06-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    globalParameters: {
      environment: {
        type: 'String'
        value: join(map(items(environment), item => '${item.key}=\'${item.value}\''), ' ')
      }
      loadArguments: { type: 'String', value: loadArguments }
      releaseContainer: { type: 'String', value: releaseContainer }
    }
  }
}

resource identity 'Microsoft.DataFactory/factories/credentials@2018-06-01' = {
  parent: factory
  name: 'factory_identity'
  properties: {
    type: 'ManagedIdentity'
    typeProperties: { resourceId: identityId }
  }
}

resource vault 'Microsoft.DataFactory/factories/linkedservices@2018-06-01' = if (!empty(stagingKeySecret)) {
  parent: factory
  name: 'key_vault'
  properties: {
    type: 'AzureKeyVault'
    typeProperties: {
      baseUrl: 'https://${vaultName}${az.environment().suffixes.keyvaultDns}'
      credential: { referenceName: identity.name, type: 'CredentialReference' }
    }
  }
}

// Stages files for Batch. Data Factory signs links to them, for which it wants either an identity
// that may, or the account's key: from the vault, never from here.
resource storage 'Microsoft.DataFactory/factories/linkedservices@2018-06-01' = {
  parent: factory
  name: 'storage'
  properties: {
    type: 'AzureBlobStorage'
    typeProperties: empty(stagingKeySecret)
      ? {
          serviceEndpoint: storageEndpoint
          accountKind: 'StorageV2'
          credential: { referenceName: identity.name, type: 'CredentialReference' }
        }
      : {
          connectionString: 'DefaultEndpointsProtocol=https;AccountName=${storageAccountName};EndpointSuffix=${az.environment().suffixes.storage}'
          accountKey: {
            type: 'AzureKeyVaultSecret'
            store: { referenceName: 'key_vault', type: 'LinkedServiceReference' }
            secretName: stagingKeySecret
          }
        }
  }
  dependsOn: [vault]
}

resource batch 'Microsoft.DataFactory/factories/linkedservices@2018-06-01' = {
  parent: factory
  name: 'batch'
  properties: {
    type: 'AzureBatch'
    typeProperties: {
      accountName: batchAccountName
      batchUri: batchEndpoint
      poolName: poolName
      credential: { referenceName: identity.name, type: 'CredentialReference' }
      linkedServiceName: { referenceName: storage.name, type: 'LinkedServiceReference' }
    }
  }
}

resource pointer 'Microsoft.DataFactory/factories/datasets@2018-06-01' = {
  parent: factory
  name: 'release_pointer'
  properties: loadJsonContent('../factory/dataset/release_pointer.json').properties
  dependsOn: [storage]
}

resource task 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'task'
  properties: loadJsonContent('../factory/pipeline/task.json').properties
  dependsOn: [batch, storage]
}

resource daily 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'daily'
  properties: loadJsonContent('../factory/pipeline/daily.json').properties
  dependsOn: [task, pointer]
}

resource weekly 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'weekly'
  properties: loadJsonContent('../factory/pipeline/weekly.json').properties
  dependsOn: [task, pointer]
}

resource backfill 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'backfill'
  properties: loadJsonContent('../factory/pipeline/backfill.json').properties
  dependsOn: [task, pointer]
}

resource fanOut 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'fan_out'
  properties: loadJsonContent('../factory/pipeline/fan_out.json').properties
  dependsOn: [task, pointer]
}

resource resume 'Microsoft.DataFactory/factories/pipelines@2018-06-01' = {
  parent: factory
  name: 'resume'
  properties: loadJsonContent('../factory/pipeline/resume.json').properties
  dependsOn: [task, pointer]
}

// Triggers come stopped; the deployment starts them once everything is there.
resource everyNight 'Microsoft.DataFactory/factories/triggers@2018-06-01' = {
  parent: factory
  name: 'every_night'
  properties: loadJsonContent('../factory/trigger/every_night.json').properties
  dependsOn: [daily]
}

resource everyWeek 'Microsoft.DataFactory/factories/triggers@2018-06-01' = {
  parent: factory
  name: 'every_week'
  properties: loadJsonContent('../factory/trigger/every_week.json').properties
  dependsOn: [weekly]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: factory
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      for category in ['PipelineRuns', 'ActivityRuns', 'TriggerRuns']: {
        category: category
        enabled: true
      }
    ]
  }
}

resource runFails 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-failed'
  location: 'global'
  tags: tags
  properties: {
    description: 'A pipeline failed. AZURE_DEPLOYMENT.md says what its exit code means.'
    severity: 1
    enabled: true
    scopes: [factory.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'failed'
          metricName: 'PipelineFailedRuns'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

// Nothing fails where nothing starts: a stopped trigger is only seen by what is missing.
resource runIsMissing 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = {
  name: '${name}-missing'
  location: location
  tags: tags
  properties: {
    displayName: 'No daily run came to its end within a day'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    skipQueryValidation: true // the table is there from the first run on
    criteria: {
      allOf: [
        {
          query: 'ADFPipelineRun | where PipelineName == "daily" and Status == "Succeeded"'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}

output name string = factory.name
