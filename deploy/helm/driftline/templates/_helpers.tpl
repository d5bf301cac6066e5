{{- define "driftline.name" -}}
{{- printf "%s-driftline" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "driftline.selector" -}}
app.kubernetes.io/name: driftline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "driftline.labels" -}}
{{ include "driftline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
driftline/stack: {{ .Values.stack }}
{{- end -}}

{{- define "driftline.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
  {{- if .Values.credentials.existingSecret }}
  - {name: credentials, mountPath: /run/secrets/driftline, readOnly: true}
  {{- end }}
  {{- if .Values.repository.existingSecret }}
  - {name: git, mountPath: /run/secrets/git, readOnly: true}
  {{- end }}
{{- end -}}
