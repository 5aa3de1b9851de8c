import pytest, time, os
pytestmark = pytest.mark.slurm
def test_zz(cluster):
    cluster.run("sbatch","-o","/dev/null","--mem=100","-N2","-n2","--wrap","srun -n2 sleep 777")
    cluster.wait_until("up", lambda: len(cluster.processes_on("n2"))==1)
    print(os.popen("ps axo pid,stat,args | grep ' Z'").read())
    open("/dev/shm/x","w"); open("/etc/slurm/y","w")
    open("/tmp/zz_ready","w")
    time.sleep(300)
