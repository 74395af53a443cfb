// Written by truthound; edit it freely, only --force writes over an edited file. sha256:1d66be009a6c366cd3c9c05fcfc7931e52db41004f96a8409ddc4b7ece203f99
// Jenkins: runs a checkpoint of truthound and publishes its report.
// Secrets to set in Manage Jenkins > Credentials, as secret texts with these ids: DATABASE_URL,
// SLACK_WEBHOOK_URL
// If the checkpoint has an action for Slack already, remove --slack below, or Slack is notified twice.
// Needs the plugins Docker Pipeline, JUnit and Pipeline.
// In a multibranch project, exclude branches that are also filed as pull requests: those would run twice.
// With Warnings Next Generation the issues get a page of their own: see recordIssues below.

pipeline {
    agent { docker { image 'python:3.13-slim' } }
    options {
        timeout(time: 30, unit: 'MINUTES')
        disableConcurrentBuilds(abortPrevious: true)
    }
    triggers { cron('*/20 6 1 * 1-5') }
    environment {
        HOME = "${env.WORKSPACE}"  // the container's user has no other
        DATABASE_URL = credentials('DATABASE_URL')
        SLACK_WEBHOOK_URL = credentials('SLACK_WEBHOOK_URL')
    }
    stages {
        stage('Data quality') {
            when {
                anyOf {
                    changeRequest()
                    branch pattern: 'main', comparator: 'GLOB'
                    branch pattern: 'release/*', comparator: 'GLOB'
                }
                anyOf {
                    triggeredBy 'TimerTrigger'
                    triggeredBy cause: 'UserIdCause'
                    changeset pattern: 'data/**'
                    changeset pattern: 'my-data/*.csv'
                    changeset pattern: 'checks/truthound.yaml'
                }
            }
            steps {
                sh '''
                    python -m venv .truthound-venv
                    . .truthound-venv/bin/activate
                    pip install 'truthound[sql,cloud]==1.2.0'
                    truthound checkpoint run 'daily users' --config checks/truthound.yaml --strict ${SLACK_WEBHOOK_URL:+--slack '${SLACK_WEBHOOK_URL}'}
                '''
            }
            post {
                always {
                    junit testResults: 'truthound-junit.xml', allowEmptyResults: true
                    // recordIssues enabledForFailure: true, tool: sarif(pattern: 'truthound.sarif')
                    archiveArtifacts artifacts: 'truthound-junit.xml,truthound.properties,truthound.sarif,truthound_results/**,truthound_docs/**', allowEmptyArchive: true
                }
            }
        }
    }
}
