//! Traces over OTLP, as the variables of OpenTelemetry say; without them, none.
//!
//! Spans wait in a queue of bounded length, and a thread of its own delivers them: a collector that
//! is slow or away costs spans, never time. That it is away is told once, and that it is back.

mod delivery;

use std::time::Duration;

use anyhow::{Context, bail};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};

use self::delivery::Delivery;
use crate::config::variable;

/// How long the last spans may take to be delivered as the process ends.
const FAREWELL: Duration = Duration::from_secs(3);

const NAME: &str = env!("CARGO_PKG_NAME");

/// Where spans go.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Traces if the environment asks for them. To be called within a runtime, which delivers them.
    ///
    /// # Errors
    /// If it asks for what is not possible.
    pub(crate) fn from_environment() -> anyhow::Result<Option<Self>> {
        let endpoint = of_traces("ENDPOINT");
        let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|off| off == "true")
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|name| name == "none");
        let Some((name, _)) = endpoint.filter(|_| !is_off) else {
            return Ok(None);
        };
        if let Some((name, protocol)) = of_traces("PROTOCOL")
            && protocol != "http/protobuf"
        {
            bail!(
                "{name} is {protocol}; only http/protobuf is spoken (collectors take it at port \
                 4318)"
            );
        }
        let delivery = Delivery::new()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(delivery)
            .build()
            .with_context(|| format!("traces cannot be sent; see {name}"))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Ok(Some(Self(provider)))
    }

    pub(crate) fn tracer(&self) -> SdkTracer {
        self.0.tracer(NAME)
    }

    /// Delivers what waits, as far as there is time.
    pub(crate) fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            tracing::debug!(%error, "the last traces were not delivered");
        }
    }
}

/// A variable for traces, or else for all that is sent over OTLP; with its name.
fn of_traces(what: &str) -> Option<(String, String)> {
    let names = [
        format!("OTEL_EXPORTER_OTLP_TRACES_{what}"),
        format!("OTEL_EXPORTER_OTLP_{what}"),
    ];
    names
        .into_iter()
        .find_map(|name| variable(&name).map(|value| (name, value)))
}

/// What the spans are about: the variables win.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    let attributes = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let is_named = variable("OTEL_SERVICE_NAME").is_some() || attributes.contains("service.name=");
    let builder = if is_named {
        builder
    } else {
        builder.with_service_name(NAME)
    };
    builder.build()
}
