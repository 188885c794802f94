{{- define "polar-provenance.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "polar-provenance.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "polar-provenance.labels" -}}
{{ include "polar-provenance.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "polar-provenance.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "polar-provenance.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "polar-provenance.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What the observer of Kubernetes lists; a test compares it with what it asks for. */}}
{{- define "polar-provenance.rules" -}}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  verbs: [list]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [list]
{{- if .Values.cluster.helmReleases }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list]
{{- end }}
{{- end -}}

{{- define "polar-provenance.config" -}}
{{- with .Values.config }}
{{- . | trimSuffix "\n" }}

{{ end }}
{{- if .Values.gitlab.endpoint -}}
[gitlab]
endpoint = {{ .Values.gitlab.endpoint | quote }}

{{ end }}
{{- range .Values.registries.hosts -}}
[[registry]]
host = {{ . | quote }}

{{ end }}
{{- if .Values.cluster.observe -}}
[[kubernetes]]
name = {{ .Values.cluster.name | quote }}
namespaces = {{ .Values.cluster.namespaces | toJson }}
{{ end }}
{{- end -}}
