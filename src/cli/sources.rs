pub(super) fn run(_: &super::args::SourcesArgs) -> crate::base::Result<super::outcome::Ending> { unimplemented!() }
