// What a file of deploy/grafana may be: Grafana's own types, as JSON writes their values, and the few names beside them
// that belong to the Prometheus data source: its query (grafana.com/docs/grafana/latest/datasources/prometheus/query-editor/),
// its annotations, and the `definition` that Grafana writes for a variable of it.
import type { Dashboard, Panel } from "@grafana/schema";
import type { Options as BarGauge } from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.d.ts";
import type { Options as Stat } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.d.ts";
import type { Options as TimeSeries } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts";

type Json<T> = T extends string
  ? `${T}`
  : T extends (infer One)[]
    ? Json<One>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;
type Given<T> = Exclude<T, undefined>;

type Target = Given<Panel["targets"]>[number] & {
  expr: string; legendFormat: string; instant: boolean; range: boolean; format: "time_series" | "table" | "heatmap";
};
type Of<Kind extends string, Options> = Omit<Panel, "type" | "targets" | "options"> & {
  type: Kind; targets: Target[]; options: Partial<Options>;
};
type Annotation = Given<Given<Dashboard["annotations"]>["list"]>[number];
type AnnotationOfPrometheus = Omit<Annotation, "target"> & {
  expr: string; step: string; titleFormat: string; textFormat: string; tagKeys: string; useValueForTime: boolean;
  target: { refId: string; expr: string; interval: string };
};
type Variable = Given<Given<Dashboard["templating"]>["list"]>[number] & { definition?: string };

export type Board = Json<
  Omit<Dashboard, "panels" | "annotations" | "templating"> & {
    panels: (Of<"stat", Stat> | Of<"bargauge", BarGauge> | Of<"timeseries", TimeSeries>)[];
    annotations: { list: AnnotationOfPrometheus[] };
    templating: { list: Variable[] };
  }
>;
