//! The methods that a call may be repeated of.

use std::collections::HashSet;
use std::sync::Arc;

use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;

/// Paths (`/package.Service/Method`) of the methods whose contract says that a repeat is harmless, and whose request is
/// one message: a stream of them is resumed by its caller, who knows what was acknowledged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Idempotent(Arc<HashSet<String>>);

impl Idempotent {
    /// The methods of an encoded `google.protobuf.FileDescriptorSet` with an `idempotency_level`.
    ///
    /// # Errors
    /// Bytes that are none.
    pub(crate) fn listed_in(descriptors: &[u8]) -> Result<Self, prost::DecodeError> {
        let mut paths = HashSet::new();
        for file in FileDescriptorSet::decode(descriptors)?.file {
            let package = file.package();
            let prefix = if package.is_empty() { String::new() } else { format!("{package}.") };
            for service in &file.service {
                let methods = service.method.iter().filter(|method| {
                    let level = method.options.as_ref().map(prost_types::MethodOptions::idempotency_level);
                    let harmless = level.is_some_and(|level| level != IdempotencyLevel::IdempotencyUnknown);
                    harmless && !method.client_streaming()
                });
                paths.extend(methods.map(|method| format!("/{prefix}{}/{}", service.name(), method.name())));
            }
        }
        Ok(Self(Arc::new(paths)))
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}
