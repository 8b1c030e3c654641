module slipway.invalid/tools/definitions

go 1.26.1

// Nothing is built here: files are taken out of these modules (pins.toml). go.sum has their hashes and no others;
// after a change of a version: `go mod download -json MODULE@VERSION`, its Sum and GoModSum.
require (
	github.com/GoogleCloudPlatform/gke-gateway-api v1.3.0
	istio.io/api v1.28.0
	sigs.k8s.io/gateway-api v1.6.1
	sigs.k8s.io/secrets-store-csi-driver v1.6.0
)
