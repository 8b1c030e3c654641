// Command gatewayweights is a STAND-IN of Argo Rollouts' plugin for the Gateway API, whose module the Go proxy does not
// serve: it shows on a local control plane what the real one does to an HTTPRoute, and nothing else.
//
// It plays argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi as its documentation ("Quick Start", "Installation")
// and its sources describe it: SetWeight writes the weights of the Rollout's two Services into every rule that names
// them, by an update of the whole route, and fails when one is not there or somebody else was faster (the controller
// asks again); VerifyWeight always says "verified". Settings other than those that this platform compiles are refused,
// and so are routes by header and copies of requests, which it does not offer at a gateway.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/rollout/trafficrouting/plugin/rpc"
	"github.com/argoproj/argo-rollouts/utils/plugin/types"
)

// What a Rollout calls the plugin; the controller starts it under this name.
const name = "argoproj-labs/gatewayAPI"

var routes = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}

func main() {
	flag.Parse() // no flag is compiled: any is refused
	go endWithParent()
	goplugin.Serve(&goplugin.ServeConfig{
		// The controller's own handshake: argo-rollouts 1.10.1, rollout/trafficrouting/plugin/client/client.go.
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  1,
			MagicCookieKey:   "ARGO_ROLLOUTS_RPC_PLUGIN",
			MagicCookieValue: "trafficrouter",
		},
		Plugins: map[string]goplugin.Plugin{"RpcTrafficRouterPlugin": &rpc.RpcTrafficRouterPlugin{Impl: &standIn{}}},
	})
}

// endWithParent ends the process when the controller is gone without having said so (killed): nobody would call it again.
func endWithParent() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(200 * time.Millisecond)
	}
	os.Exit(0)
}

type standIn struct{ client dynamic.Interface }

// settings is what stands under the plugin's name in a Rollout.
type settings struct {
	HTTPRoute              string `json:"httpRoute"`
	Namespace              string `json:"namespace"`
	DisableInProgressLabel bool   `json:"disableInProgressLabel"`
}

func (s *standIn) InitPlugin() types.RpcError {
	// KUBECONFIG's, and in a pod the pod's own, as the real one
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return said(err)
	}
	s.client, err = dynamic.NewForConfig(config)
	return said(err)
}

func (s *standIn) SetWeight(ro *v1alpha1.Rollout, weight int32, _ []v1alpha1.WeightDestination) types.RpcError {
	found, err := read(ro)
	if err != nil {
		return said(err)
	}
	client := s.client.Resource(routes).Namespace(found.Namespace)
	route, err := client.Get(context.Background(), found.HTTPRoute, metav1.GetOptions{})
	if err != nil {
		return said(err)
	}
	canary := ro.Spec.Strategy.Canary
	wanted := map[string]int64{canary.CanaryService: int64(weight), canary.StableService: int64(100 - weight)}
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	if err != nil {
		return said(err)
	}
	seen := map[string]bool{}
	for _, rule := range rules {
		backends, _ := rule.(map[string]any)["backendRefs"].([]any)
		for _, each := range backends {
			backend := each.(map[string]any)
			service, _ := backend["name"].(string)
			if share, ours := wanted[service]; ours {
				backend["weight"], seen[service] = share, true
			}
		}
	}
	for service := range wanted {
		if !seen[service] {
			return said(fmt.Errorf("no backendRef of httpRoute %s is %s", found.HTTPRoute, service))
		}
	}
	if err := unstructured.SetNestedSlice(route.Object, rules, "spec", "rules"); err != nil {
		return said(err)
	}
	_, err = client.Update(context.Background(), route, metav1.UpdateOptions{})
	return said(err)
}

func (s *standIn) VerifyWeight(*v1alpha1.Rollout, int32, []v1alpha1.WeightDestination) (types.RpcVerified, types.RpcError) {
	return types.Verified, types.RpcError{}
}

func (s *standIn) UpdateHash(*v1alpha1.Rollout, string, string, []v1alpha1.WeightDestination) types.RpcError {
	return types.RpcError{}
}

func (s *standIn) SetHeaderRoute(*v1alpha1.Rollout, *v1alpha1.SetHeaderRoute) types.RpcError {
	return said(fmt.Errorf("this stand-in plays no routes by header"))
}

func (s *standIn) SetMirrorRoute(*v1alpha1.Rollout, *v1alpha1.SetMirrorRoute) types.RpcError {
	return said(fmt.Errorf("this stand-in plays no copies of requests"))
}

func (s *standIn) RemoveManagedRoutes(ro *v1alpha1.Rollout) types.RpcError {
	if len(ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes) > 0 {
		return said(fmt.Errorf("this stand-in plays no managed routes"))
	}
	return types.RpcError{}
}

func (s *standIn) Type() string { return "GatewayAPI" }

func read(ro *v1alpha1.Rollout) (settings, error) {
	var found settings
	decoder := json.NewDecoder(bytes.NewReader(ro.Spec.Strategy.Canary.TrafficRouting.Plugins[name]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&found); err != nil {
		return found, err
	}
	if found.HTTPRoute == "" || found.Namespace == "" || !found.DisableInProgressLabel {
		return found, fmt.Errorf("this stand-in wants httpRoute, namespace and disableInProgressLabel under %s", name)
	}
	return found, nil
}

func said(err error) types.RpcError {
	if err == nil {
		return types.RpcError{}
	}
	return types.RpcError{ErrorString: err.Error()}
}
