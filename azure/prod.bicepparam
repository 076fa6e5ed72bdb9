using 'main.bicep'

param environmentName = 'prod'
param databaseAdministrators = {
  objectId: readEnvironmentVariable('DATABASE_ADMINISTRATORS_OBJECT_ID')
  name: readEnvironmentVariable('DATABASE_ADMINISTRATORS_NAME')
}
param databaseSize = { name: 'Standard_D2ds_v5', tier: 'GeneralPurpose', gigabytes: 128 }
param databaseBackupDays = 14
param nodeSize = 'Standard_D4s_v5'
param maximumNodes = 4
param deployerPrincipalId = readEnvironmentVariable('DEPLOYER_PRINCIPAL_ID', '')
param alertAddresses = [readEnvironmentVariable('ALERT_ADDRESS')]
param loadArguments = readEnvironmentVariable('LOAD_ARGUMENTS', '')
param settings = {
  INSIGHTS_PROVIDER: 'azure'
  AZURE_OPENAI_ENDPOINT: readEnvironmentVariable('AZURE_OPENAI_ENDPOINT')
  INSIGHTS_EMBEDDING_DEPLOYMENT: readEnvironmentVariable('INSIGHTS_EMBEDDING_DEPLOYMENT', 'text-embedding-3-small')
  INSIGHTS_CHAT_DEPLOYMENT: readEnvironmentVariable('INSIGHTS_CHAT_DEPLOYMENT', 'gpt-4.1-mini')
}
