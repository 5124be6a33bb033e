/* SPDX-License-Identifier: MIT */
/*
 * holder.c - holds one idle VM open for as long as it lives.
 *
 * The kernel in the emulated machine patches its own code when the first VM appears and when the last one goes;
 * launching one VM after another that way locks it up after some minutes. While this program sleeps there is always
 * one.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0) {
		perror("holder: /dev/kvm");
		return 1;
	}
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0 || ioctl(vm, KVM_CREATE_VCPU, 0) < 0) {
		perror("holder: KVM_CREATE_VM");
		return 1;
	}
	puts("holder: one idle VM is open");
	fflush(stdout);
	for (;;)
		pause();
}
