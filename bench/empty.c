/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What starting a process costs here: built and linked as our programs are, and does nothing. The
 * figures of others stand beside it.
 */
int main(void)
{
	return 0;
}
