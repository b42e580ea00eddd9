// Command goclient uses a cluster as Go programs do: a typed client (protobuf bodies), a shared
// informer (watch-list), an event recorder's event, and leader election. It exits with 0 when all
// of it worked; KUBECONFIG says where.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const (
	namespace = "default"
	patience  = 30 * time.Second
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "goclient:", err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func run(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := inform(ctx, client); err != nil {
		return fmt.Errorf("informer: %w", err)
	}
	if err := record(ctx, client); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	if err := lead(ctx, client); err != nil {
		return fmt.Errorf("leader election: %w", err)
	}
	return nil
}

func inform(ctx context.Context, client kubernetes.Interface) error {
	seen := make(chan string, 64)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().ConfigMaps().Informer()
	tell := func(what string) func(any) {
		return func(value any) {
			if found, ok := value.(*corev1.ConfigMap); ok && found.Name == "go" {
				seen <- what
			}
		}
	}
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    tell("added"),
		UpdateFunc: func(_, value any) { tell("updated")(value) },
		DeleteFunc: tell("deleted"),
	}); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.New("the cache never synced")
	}
	maps := client.CoreV1().ConfigMaps(namespace)
	made, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "go"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(ctx, seen, "added"); err != nil {
		return err
	}
	made.Data = map[string]string{"a": "b"}
	if _, err := maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := expect(ctx, seen, "updated"); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "go", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return expect(ctx, seen, "deleted")
}

func record(ctx context.Context, client kubernetes.Interface) error {
	events := client.CoreV1().Events(namespace)
	_, err := events.Create(ctx, &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{GenerateName: "go-"},
		InvolvedObject: corev1.ObjectReference{Kind: "ConfigMap", Namespace: namespace, Name: "go"},
		Reason:         "Tested", Message: "by goclient", Type: corev1.EventTypeNormal,
	}, metav1.CreateOptions{})
	return err
}

func lead(ctx context.Context, client kubernetes.Interface) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	leading := make(chan string, 1)
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, "go",
		client.CoreV1(), client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: "goclient"})
	if err != nil {
		return err
	}
	go leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 100 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { leading <- "leading" },
			OnStoppedLeading: func() {},
		},
	})
	return expect(ctx, leading, "leading")
}

func expect(ctx context.Context, seen <-chan string, wanted string) error {
	select {
	case found := <-seen:
		if found != wanted {
			return fmt.Errorf("saw %q instead of %q", found, wanted)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("never saw %q", wanted)
	}
}
